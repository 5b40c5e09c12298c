// Words handed to people and to shells as a line to type.

/** A word as a shell reads it back: as it is where nothing in it means anything to one, else in single quotes. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-][\w@%+=:,./~-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
