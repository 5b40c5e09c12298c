import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { COMMANDS } from './commands.ts'
import { completionFor } from './completion.ts'

/** What bash offers for a line, the last word being typed. */
function offered(...line: readonly string[]): readonly string[] {
  const script = `${completionFor('bash', COMMANDS)}\nCOMP_WORDS=(sekisho "$@"); COMP_CWORD=$#; _sekisho; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', script, 'bash', ...line], { encoding: 'utf8' })
    .split('\n')
    .filter((one) => one !== '')
}

test.each([
  ['a first word', ['stat'], ['status']],
  ['a second word', ['change', 'appr'], ['approve']],
  ['an option of the command of two words', ['change', 'list', '--s'], ['--service', '--state', '--since']],
  ['an option of the command of one word', ['do', 'config', '--inst'], ['--instruction']],
  ['behind a common option and its value', ['--lang', 'ja', 'record', 'sea'], ['search']],
  ['what help is asked for', ['help', 'change', 'appr'], ['approve']],
  ['a value of which nothing is known', ['do', 'config', '--file', '/etc/x'], []],
])('bash offers %s', (_, line, wanted) => {
  expect([...offered(...line)].sort()).toEqual([...wanted].sort())
})

test('every command and every option of it is offered by bash, and stands in the script for zsh', () => {
  const zsh = completionFor('zsh', COMMANDS)
  for (const { words } of COMMANDS)
    for (const word of words.split(' ')) expect(zsh).toMatch(new RegExp(`[' ]${word}[' ]`))
  for (const { words, options } of COMMANDS.filter((_, i) => i % 7 === 0))
    for (const name of Object.keys(options))
      expect(offered(...words.split(' '), `--${name}`)).toContain(`--${name}`)
})
