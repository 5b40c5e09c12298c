import { expect, test } from 'vitest'
import { COMMAND_HELP } from '../words/command-help.ts'
import { optionHelp } from '../words/option-help.ts'
import { COMMANDS } from './commands.ts'
import { typeThere } from './test-gate.ts'

test('every option of every command is explained in both languages, with an example that names it', () => {
  for (const { words, options } of COMMANDS)
    for (const [name, { type }] of Object.entries(options)) {
      const help = optionHelp(words, name)
      expect(help?.example, `${words} --${name}`).toMatch(
        type === 'boolean' ? new RegExp(`^--${name}$`) : new RegExp(`^--${name} \\S`),
      )
      expect(help?.ja, `${words} --${name}`).toMatch(/[ぁ-ん]/)
      expect(help?.en, `${words} --${name}`).not.toMatch(/[ぁ-ん]/)
    }
})

test('every line of help is shown for the command that it is of', () => {
  for (const [words, help] of Object.entries(COMMAND_HELP))
    expect(COMMANDS.find((one) => one.words === words)?.help, words).toBe(help)
})

test.each([
  ['change list', '--since 3d something became of it since then'],
  ['restore full', '--from 20261125_030000 the backup to restore from'],
  ['do code', '--commit'],
  ['do schema', 'sekisho do config|service|schema|code|request'],
  ['person add', '--key ./taro.pub the public key of that person'],
])('help %s explains its options', async (command, text) => {
  const { exit, said } = await typeThere(['help', ...command.split(' ')], () => ({}))
  expect(exit).toBe(0)
  expect(said).toContain(text)
})
