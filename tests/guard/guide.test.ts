// S03 The guide tells the truth: every line of docs/guide/guard.md, its Japanese twin and guard-tools.md is done as it stands.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { afterAll, describe, expect, test } from 'vitest'
import { decide } from '../../src/guard/decide.ts'
import { compile } from '../../src/guard/policy.ts'
import { readForGuard } from '../../src/policy/read.ts'
import { copyGuard, judgeWith } from './respelling/copy.ts'
import { readFile, type Vector } from './vectors.ts'
import { CWD } from './world.ts'

const ROOT = join(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'sekisho-guide-'))
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

const page = (name: string) => readFileSync(join(ROOT, 'docs/guide', name), 'utf8')

/** The insides of the fences that begin with this word. */
const fences = (source: string, language: string): readonly string[] =>
  Array.from(source.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm))
    .filter(([, head]) => head === language)
    .map(([, , body = '']) => body)

const vectorsOf = (name: string, language: string): readonly Vector[] =>
  fences(page(name), language).flatMap((body) => readFile(name, body))

function policyOf(name: string) {
  const read = readForGuard(fences(page(name), 'yaml')[0] ?? '')
  if (!read.ok) throw new Error(`${name}: the rules are not right`)
  return compile(read.policy)
}

describe.each([
  ['guard.md', 'en_GB.UTF-8'],
  ['guard.ja.md', 'ja_JP.UTF-8'],
])('%s', (name, locale) => {
  test('every command of the example is answered as the page says', () => {
    const policy = policyOf(name)
    const all = vectorsOf(name, 'guard')
    const wrong = all.flatMap(({ line, expect: wanted, rule, command }) => {
      const { verdict, reasons } = decide({ kind: 'shell', text: command, cwd: CWD }, policy)
      const rules = reasons.map((one) => one.rule)
      return verdict === wanted && (rule === '' || rules.includes(rule))
        ? []
        : [`${line}: ${command}: ${verdict} ${rules.join(' ')}`]
    })
    expect(wrong).toEqual([])
    expect(all.length).toBeGreaterThan(40)
  })

  test('what the terminal shows is what it shows', () => {
    writeFileSync(join(scratch, 'sekisho.yaml'), fences(page(name), 'yaml')[0] ?? '')
    const program = `sekisho() { "$NODE" "$MAIN" "$@"; }`
    for (const block of fences(page(name), 'console')) {
      const [line = '', ...shown] = block.split('\n')
      const { stdout, status } = spawnSync(
        'bash',
        ['--norc', '-c', `${program}\n${line.replace(/^\$ /, '')}`],
        {
          cwd: scratch,
          encoding: 'utf8',
          env: {
            PATH: env['PATH'],
            HOME: scratch,
            LANG: locale,
            NODE: execPath,
            MAIN: join(ROOT, 'src/cli/main.ts'),
          },
        },
      )
      expect(`${stdout}exit ${status}\n`).toBe(shown.join('\n'))
    }
  })
})

test('both languages show the same examples', () => {
  expect(fences(page('guard.ja.md'), 'guard')).toEqual(fences(page('guard.md'), 'guard'))
  expect(fences(page('guard.ja.md'), 'console').length).toBe(fences(page('guard.md'), 'console').length)
})

test('guard-tools.md: a guard with the tool of the page answers its vectors, and one without it does not', async () => {
  const [tool = ''] = fences(page('guard-tools.md'), 'ts')
  const [line = '', word = ''] = (fences(page('guard-tools.md'), 'ts all')[0] ?? '').split('\n')
  const all = vectorsOf('guard-tools.md', 'guard depot')
  const texts = all.map(({ command }) => command)
  const wanted = all.map((one) => one.expect)
  copyGuard(join(scratch, 'without'))
  copyGuard(join(scratch, 'with'))
  const list = join(scratch, 'with/guard/tools/all.ts')
  writeFileSync(join(scratch, 'with/guard/tools/depot.ts'), tool)
  const source = readFileSync(list, 'utf8')
  writeFileSync(list, source.replace('\nimport', `\n${line}\nimport`).replace('\n]', `\n${word}\n]`))
  expect(await judgeWith(join(scratch, 'with'), texts)).toEqual(wanted)
  expect(await judgeWith(join(scratch, 'without'), texts)).not.toEqual(wanted)
})
