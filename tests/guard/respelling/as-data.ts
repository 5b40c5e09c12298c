// The mirror: the same words where they are data, so that nothing happens.
import type { Spelling } from './spelling.ts'
import { quoted } from './words.ts'

const data = (name: string, spell: (text: string) => string): Spelling => ({
  name,
  spell: ({ text }) => (/^SPELLED$/m.test(text) ? undefined : spell(text)),
})

export const AS_DATA: readonly Spelling[] = [
  data('echo', (text) => `echo ${quoted(text)}`),
  data('printf', (text) => `printf '%s\\n' ${quoted(text)}`),
  data('echo into a file', (text) => `echo ${quoted(text)} > /tmp/notes.txt`),
  data('echo into tee', (text) => `echo ${quoted(text)} | tee -a /tmp/notes.txt`),
  data('cat <<', (text) => `cat <<'SPELLED'\n${text}\nSPELLED`),
  data('cat << into a file', (text) => `cat > /tmp/notes.txt <<'SPELLED'\n${text}\nSPELLED`),
  data(': <<', (text) => `: <<'SPELLED'\n${text}\nSPELLED`),
  data('comments', (text) =>
    text
      .split('\n')
      .map((line) => `# ${line}`)
      .join('\n'),
  ),
  data('a comment behind', (text) => `ls # ${text.replaceAll('\n', ' ')}`),
  data('a variable', (text) => `X=${quoted(text)}`),
  data('a variable, printed', (text) => `X=${quoted(text)}; printf '%s\\n' "$X"`),
  data('exported', (text) => `export HINT=${quoted(text)}`),
  data('grep', (text) => `grep -rnF -- ${quoted(text)} docs`),
  data('git commit', (text) => `git commit -m ${quoted(text)}`),
  data('git commit <<', (text) => `git commit -F - <<'SPELLED'\n${text}\nSPELLED`),
  data('git log', (text) => `git log --grep=${quoted(text)}`),
  data('gh issue', (text) => `gh issue create --title refused --body ${quoted(text)}`),
  data('a function never called', (text) => `f() {\n${text}\n}`),
  data('an alias never used', (text) => `alias tidy=${quoted(text)}`),
  data('a test', (text) => `[[ "$1" == ${quoted(text)} ]]`),
  data('test', (text) => `[ "$1" = ${quoted(text)} ] && echo same`),
  data('true', (text) => `true ${quoted(text)}`),
  data('bash -n', (text) => `bash -n -c ${quoted(text)}`),
  data('wc', (text) => `wc -c <<< ${quoted(text)}`),
  data('jq', (text) => `jq -n --arg command ${quoted(text)} '{command: $command}'`),
  data('node', (text) => `node -p ${quoted(JSON.stringify(text))}`),
  data('man', (text) => `man ${text.split(/\W+/).find((word) => word !== '') ?? 'bash'}`),
  data('sekisho', (text) => `sekisho guard check ${quoted(text)}`),
  data('a name', (text) => `touch /tmp/${quoted(text.replaceAll('/', '_').replaceAll('\n', ' '))}`),
]
