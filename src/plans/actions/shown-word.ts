// How a word of a command is shown.
/** A word with anything but plain characters stands in quotes, so that two commands never look alike. */
export function shownWord(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word)
}
