// The same command through something that runs it: wrappers, functions, pipelines into programs, other shells.
import { Buffer } from 'node:buffer'
import { type Base, ofValues, ofWords, type Spelling } from './spelling.ts'
import { joined, plainly, quoted } from './words.ts'

/** They are no programs, so nothing that starts programs can start them. */
const ONLY_BUILTIN = new Set(
  'history cd export set unset source . eval exec trap alias hash declare enable builtin type wait jobs read umask command mapfile readarray let getopts complete bind disown fg bg dirs pushd popd shopt shift'.split(
    ' ',
  ),
)
const program = (name: string, spell: (values: readonly string[]) => string | undefined): Spelling =>
  ofValues(name, (values) => (ONLY_BUILTIN.has(values[0] ?? '') ? undefined : spell(values)))

const wrapped = (wrapper: string): Spelling =>
  ofWords(wrapper, (words) =>
    ONLY_BUILTIN.has(words[0]?.value ?? '') ? undefined : `${wrapper} ${joined(words)}`,
  )

const all = (values: readonly string[]) => values.map(plainly).join(' ')

const ofText = (name: string, spell: (text: string) => string | undefined): Spelling => ({
  name,
  spell: ({ text }: Base) => spell(text),
})
/** Where the text can stand on one line, or in brackets. */
const isOneLine = (text: string) => !text.includes('\n') && !text.includes('#')
const ofLine = (name: string, spell: (text: string) => string | undefined): Spelling =>
  ofText(name, (text) => (isOneLine(text) && !/[&;]\s*$/.test(text) ? spell(text) : undefined))
/** Where a here-document of ours cannot collide with one of the text's. */
const ofBody = (name: string, spell: (text: string) => string | undefined): Spelling =>
  ofText(name, (text) => (/^SPELLED$/m.test(text) ? undefined : spell(text)))

export const BY_RUNNING: readonly Spelling[] = [
  ...[
    'env',
    'env -u NOPE',
    'env A=1 B=2',
    'env --',
    'command',
    'command --',
    'nice',
    'nice -n 5',
    'nohup',
    'timeout 5',
    'timeout -s KILL 5s',
    'timeout --preserve-status --kill-after=1 5',
    'setsid -w',
    'setsid --wait',
    'stdbuf -oL',
    'stdbuf --output=L -e 0',
    'nice env timeout 5',
    'ionice -c 3',
    'time',
    'time -p',
    '!',
    'LC_ALL=C',
    'A= B=2',
    '2>/dev/null',
    '</dev/null',
    'exec -a other',
    'exec',
  ].map(wrapped),
  program('env -S', (values) =>
    values.every((one) => /^[\w@%+=:,./-]+$/.test(one)) ? `env -S '${values.join(' ')}'` : undefined,
  ),
  program('xargs -0', ([name = '', ...rest]) =>
    rest.length === 0 ? undefined : `printf '%s\\0' ${all(rest)} | xargs -0 ${plainly(name)}`,
  ),
  program('xargs', (values) =>
    values.length < 2 ||
    values.some((one) => /[\\'"\s]/.test(one) || one === '') ||
    values.at(-1)?.startsWith('-') === true
      ? undefined
      : `echo ${plainly(values.at(-1) ?? '')} | xargs ${all(values.slice(0, -1))}`,
  ),
  program('xargs -I', (values) =>
    values.length < 2 || values.some((one) => /[\\'"\s]|\{\}/.test(one) || one === '')
      ? undefined
      : `xargs -I{} ${all(values.slice(0, -1))} {} <<< ${plainly(values.at(-1) ?? '')}`,
  ),
  program('xargs of all', (values) =>
    values.some((one) => /[\\'"\s]/.test(one) || one === '') ? undefined : `echo ${all(values)} | xargs env`,
  ),
  program('find -exec', (values) =>
    values.some((one) => one === ';' || one.includes('{}'))
      ? undefined
      : `find . -maxdepth 0 -exec ${all(values)} \\;`,
  ),
  program('find -exec sh', (values) =>
    values.some((one) => one.includes('{}'))
      ? undefined
      : `find . -maxdepth 0 -exec sh -c ${quoted(all(values))} \\;`,
  ),
  ofValues('a function', (values) => `f() { ${all(values)}; }; f`),
  ofValues('a function of words', (values) => `run() { "$@"; }; run ${all(values)}`),
  ofValues('a function of the last', (values) =>
    values.length < 2
      ? undefined
      : `function tidy { ${all(values.slice(0, -1))} "$1"; }; tidy ${plainly(values.at(-1) ?? '')}`,
  ),
  ofValues('a loop', (values) =>
    values.length < 2
      ? undefined
      : `for x in ${plainly(values.at(-1) ?? '')}; do ${all(values.slice(0, -1))} "$x"; done`,
  ),
  ofValues('a loop of lines', (values) =>
    values.length < 2 || values.some((one) => /[\\\n]|^\s|\s$/.test(one) || one === '')
      ? undefined
      : `while read -r x; do ${all(values.slice(0, -1))} "$x"; done <<< ${plainly(values.at(-1) ?? '')}`,
  ),
  ofValues('a pipe of lines', (values) =>
    values.length < 2 || values.some((one) => /[\\\n]|^[\s-]|\s$/.test(one) || one === '')
      ? undefined
      : `echo ${plainly(values.at(-1) ?? '')} | while IFS= read -r x; do ${all(values.slice(0, -1))} "$x"; done`,
  ),
  ofValues('an alias', (values) =>
    values.slice(0, -1).some((one) => plainly(one) !== one)
      ? undefined
      : `shopt -s expand_aliases\nalias tidy='${all(values.slice(0, -1))}'\ntidy ${plainly(values.at(-1) ?? '')}`,
  ),
  ofValues('eval of words', (values) => `eval ${values.map((one) => quoted(plainly(one))).join(' ')}`),
  ofValues('bash -c with arguments', (values) => `bash -c '"$@"' _ ${all(values)}`),

  ofText('bash -c', (text) => `bash -c ${quoted(text)}`),
  ofText('bash -c twice', (text) => `bash -c ${quoted(`bash -c ${quoted(text)}`)}`),
  ofText('bash bundled', (text) => `bash -euc ${quoted(text)}`),
  ofText('env bash', (text) => `env bash --norc -c ${quoted(text)}`),
  ofText('eval', (text) => `eval ${quoted(text)}`),
  ofText('eval of a variable', (text) => `c=${quoted(text)}; eval "$c"`),
  ofText('bash <<<', (text) => `bash <<< ${quoted(text)}`),
  ofText('. /dev/stdin', (text) => `. /dev/stdin <<< ${quoted(text)}`),
  ofText('source <(…)', (text) => `source <(printf '%s\\n' ${quoted(text)})`),
  ofText('bash <(…)', (text) => `bash <(printf '%s' ${quoted(text)})`),
  ofText('printf to bash', (text) => `printf '%s\\n' ${quoted(text)} | bash`),
  ofText('echo to bash -s', (text) => `echo ${quoted(text)} | bash -s`),
  ofText('base64 to bash', (text) => `echo ${Buffer.from(text).toString('base64')} | base64 -d | bash`),
  ofText('eval of base64', (text) => `eval "$(base64 -d <<< ${Buffer.from(text).toString('base64')})"`),
  ofText('a script file', (text) => `printf '%s\\n' ${quoted(text)} > /tmp/spelled.sh; bash /tmp/spelled.sh`),
  ofText('a sourced file', (text) => `echo ${quoted(text)} > /tmp/spelled.sh && . /tmp/spelled.sh`),
  ofBody(
    'a program of its own',
    (text) =>
      `cat > /tmp/spelled <<'SPELLED'\n#!/bin/bash\n${text}\nSPELLED\nchmod +x /tmp/spelled\n/tmp/spelled`,
  ),
  ofBody('bash <<', (text) => `bash <<'SPELLED'\n${text}\nSPELLED`),
  ofBody('cat << | bash', (text) => `cat <<'SPELLED' | bash\n${text}\nSPELLED`),
  ofBody('a subshell', (text) => `(\n${text}\n)`),
  ofBody('a group', (text) => `{\n${text}\n}`),
  ofBody('if', (text) => `if true; then\n${text}\nfi`),
  ofBody('else', (text) => `if false; then :; else\n${text}\nfi`),
  ofBody('for', (text) => `for once in 1; do\n${text}\ndone`),
  ofBody('while', (text) => `while true; do\n${text}\nbreak; done`),
  ofBody('until', (text) => `until false; do\n${text}\nbreak\ndone`),
  ofBody('case', (text) => `case x in\nx)\n${text}\n;;\nesac`),
  ofBody('a function of all', (text) => `f() {\n${text}\n}\nf`),
  ofBody('a function in a subshell', (text) => `function f() (\n${text}\n)\nf`),
  ofBody('after others', (text) => `ls >/dev/null\ncd .\nexport A=1\n${text}`),
  ofBody('before others', (text) => `${text}\nls >/dev/null\necho done >/dev/null`),
  ofBody('$(…)', (text) => `printf '%s\\n' "$(\n${text}\n)"`),
  ofBody('assigned', (text) => `x=$(\n${text}\n)\nprintf '%s\\n' "$x"`),
  ofBody('in the background', (text) => `{\n${text}\n} &\nwait`),
  ofBody('into a pipe', (text) => `{\n${text}\n} | cat`),
  ofBody('out of a pipe', (text) => `true | {\n${text}\n}`),
  ofBody('a test', (text) => `[[ $(\n${text}\n) == x ]] || true`),
  ofBody('arithmetic', (text) => `(( 1 )) && {\n${text}\n}`),
  ofLine('&&', (text) => `true && ${text}`),
  ofLine('||', (text) => `false || ${text}`),
  ofLine(';', (text) => `: ; ${text}`),
  ofLine('trap', (text) => `trap ${quoted(text)} EXIT`),
  ofLine('backticks', (text) => (/[`\\$"]/.test(text) ? undefined : `echo "\`${text}\`"`)),
  ofLine('time {', (text) => `time { ${text}; }`),
  ofLine('awk', (text) => (/["\\'${]|<[(<]/.test(text) ? undefined : `awk 'BEGIN { system("${text}") }'`)),
  ofLine('xargs bash', (text) => (/["'\\]/.test(text) ? undefined : `echo '"${text}"' | xargs bash -c`)),
]
