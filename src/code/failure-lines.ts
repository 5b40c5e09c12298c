// What a failing test says of itself, as a few lines: what was expected and what came, without the frames of a stack.

const LINES_MAX = 12
const LINE_MAX = 200
/** How much of a text is looked at. */
const TEXT_MAX = 20_000

/** Of the failure in a report of JUnit: its text, or its message where it has no text. */
export function failureLines({
  message,
  text,
}: {
  readonly message: string
  readonly text: string
}): readonly string[] {
  const lines = saidLines(text).filter((line) => !FRAME.test(line))
  // pytest marks the lines that say what failed.
  const marked = lines.filter((line) => /^E\s/.test(line))
  const found = marked.length > 0 ? marked : lines
  return (found.length > 0 ? found : saidLines(message)).slice(0, LINES_MAX)
}
const FRAME = /^\s+at \S.*[\d)>{]$/

/** The last lines of a longer text. */
export function lastLines(text: string, most = LINES_MAX): readonly string[] {
  return saidLines(text.slice(-TEXT_MAX)).slice(-most)
}

/** Lines that hold something, without colours, each cut. */
function saidLines(text: string): readonly string[] {
  return text
    .slice(0, TEXT_MAX)
    .replace(COLOUR, '')
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .map((line) => (line.length <= LINE_MAX ? line : `${line.slice(0, LINE_MAX - 1)}…`))
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: how a terminal is coloured, also as the room shows it
const COLOUR = /(?:\u001b|\\u001b)\[[\d;]*m/g
