// Texts that look like shell: from a grammar (mostly valid), and from its words thrown together (mostly not).
import fc from 'fast-check'

const NAMES =
  'rm ls cat echo git cp mv tee sed find xargs bash sh eval cd env sudo grep printf true test systemctl docker psql chmod node'.split(
    ' ',
  )
const FILES = [
  'backend/data',
  'backend/data/users.json',
  '.env',
  '/tmp/x',
  'src',
  '*.json',
  '..',
  '"a b"',
  "'c d'",
  '~',
  '/',
  '$HOME',
  '{a,b}',
]
const WORDS = [
  '-rf',
  '-f',
  '-n',
  '--',
  '-c',
  '-i',
  '--force',
  'a',
  'b=c',
  '$x',
  '"$@"',
  '${x:-y}',
  '$(pwd)',
  '`id`',
  '$((1+2))',
  "$'\\n'",
  '\\;',
  '-exec',
  '{}',
  'stop',
  'backend',
  '@(a|b)',
  '<(ls)',
]

const name = fc.constantFrom(...NAMES)
const word = fc.oneof(
  fc.constantFrom(...FILES),
  fc.constantFrom(...WORDS),
  fc.stringMatching(/^[a-z0-9_./-]{1,8}$/),
)
const redirect = fc.constantFrom(
  '',
  '',
  '',
  ' > /tmp/o',
  ' >> /tmp/o',
  ' < /tmp/i',
  ' 2>/dev/null',
  ' 2>&1',
  ' <<< word',
  ' &> /tmp/o',
  ' >| f',
)
const simple = fc
  .tuple(
    fc.constantFrom('', '', '', 'A=1 ', 'x=$(ls) ', 'a=(1 2); '),
    name,
    fc.array(word, { maxLength: 4 }),
    redirect,
  )
  .map(([assign, program, words, end]) => `${assign}${[program, ...words].join(' ')}${end}`)

const { command } = fc.letrec<{ command: string; list: string }>((tie) => ({
  list: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('command'),
    fc
      .tuple(
        tie('command'),
        fc.constantFrom('; ', ' && ', ' || ', ' | ', '\n', ' |& ', ' &\n'),
        tie('command'),
      )
      .map((all) => all.join('')),
  ),
  command: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    simple,
    tie('list'),
    tie('list').map((body) => `(${body})`),
    tie('list').map((body) => `{ ${body}\n}`),
    tie('list').map((body) => `echo "$( ${body})"`),
    tie('list').map((body) => `x=$( ${body})`),
    tie('list').map((body) => `! { ${body}\n}`),
    tie('list').map((body) => `f() {\n${body}\n}\nf`),
    tie('list').map((body) => `for x in a "$y" *; do\n${body}\ndone`),
    tie('list').map((body) => `while read -r l; do\n${body}\ndone < /tmp/in`),
    tie('list').map((body) => `if [ -n "$x" ]; then\n${body}\nelse\n:\nfi`),
    tie('list').map((body) => `case "$x" in a|b*)\n${body}\n;;\n*) ;;\nesac`),
    tie('list').map((body) => `[[ -f x && $y == a* ]] && {\n${body}\n}`),
    tie('command').map((body) => `cat <<E\n$(ls "$x")\nE\n${body}`),
    tie('command').map((body) => `bash <<'Q'\nrm -rf x; ls | cat\nQ\n${body}`),
    tie('list').map((body) => `(( i++ )); ${body} # behind\n:`),
    tie('list').map((body) => `time ${body}`),
    tie('list').map((body) => `# before\n${body}\n`),
  ),
}))

export const shellText: fc.Arbitrary<string> = command

/** Words of the grammar in any order. */
export const wordSalad: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      name,
      word,
      fc.constantFrom(
        ...'; && || | & ( ) { } [[ ]] (( )) if then else fi for in do done while case esac ;; function ! > >> < << <<< <<E E $( ` " \' \\ # $ ${ } time coproc select until'.split(
          ' ',
        ),
        '\n',
        '\t',
      ),
    ),
    { maxLength: 24 },
  )
  .map((all) => all.join(' '))

const PIECES = [
  '\0',
  '\r',
  '\r\n',
  '\ud800',
  '\udc00',
  '\u202e',
  '\u2066',
  '\u200b',
  '\ufeff',
  '\u2028',
  '\u0430',
  'é',
  '𝒓𝒎',
  '\u001b[2J',
  '$(',
  '${',
  '$((',
  '`',
  '"',
  "'",
  "$'",
  '<<E\n',
  '<<-',
  '((',
  '[[',
  '{',
  '}',
  '(',
  ')',
  'case x in',
  'a|b)',
  ';;',
  '&>',
  '<(',
  '>(',
  'rm -rf backend/data',
  '${x//',
  '{1..1000000}',
  '{a,b}{a,b}{a,b}',
  '**/'.repeat(8),
  '?*'.repeat(12),
  '[',
  '[!',
  '[[:',
  '@(',
  '\\',
  '\\\n',
  '-',
  '=',
  'x=',
  '+=',
  '#',
  '\n',
  ' ',
]

/** What nobody would write: strange characters, and everything left open. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 6 })), {
      maxLength: 60,
    })
    .map((all) => all.join('')),
  fc
    .tuple(fc.constantFrom(...PIECES), fc.integer({ min: 1, max: 3_000 }))
    .map(([piece, count]) => piece.repeat(count).slice(0, 70_000)),
  fc.tuple(shellText, fc.nat(), fc.constantFrom(...PIECES)).map(([text, at, piece]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + piece + text.slice(place)
  }),
  fc.tuple(shellText, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1))),
  fc.tuple(wordSalad, wordSalad).map(([a, b]) => `${a}\r${b}`),
)
