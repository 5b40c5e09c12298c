// What is typed, and what becomes of it before any gate is asked: the command found, usage refused with exit 64 in both languages.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../base/error-codes.ts'
import { columns } from '../words/layout.ts'
import { COMMANDS } from './commands.ts'
import { main } from './main.ts'
import { written } from './test-streams.ts'

/** Nothing listens on the discard port, and nobody has a home here. */
const NOWHERE = { SEKISHO_URL: 'http://127.0.0.1:9', HOME: '/nonexistent' }

async function typed(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const to = written()
  const exit = await main(argv, {
    environment: { ...NOWHERE, ...environment },
    streams: to.streams,
    stdin: async () => Buffer.alloc(0),
    uid: 1000,
    interrupted: new AbortController().signal,
  })
  return { exit, out: to.out(), err: to.err() }
}

describe('the command line', () => {
  test.each(['backup', 'restore', 'change', 'ledger'])('%s --help shows its commands', async (first) => {
    for (const how of ['--help', '-h']) {
      const { exit, out } = await typed([first, how, '--lang', 'en'])
      expect([exit, out]).toEqual([0, expect.stringContaining(`${first} `)])
    }
  })

  test('every command has help in both languages, within 80 columns except for what cannot be broken', async () => {
    for (const { words } of COMMANDS)
      for (const lang of ['ja', 'en']) {
        const { exit, out } = await typed([...words.split(' '), '--help', '--lang', lang])
        expect(exit, words).toBe(EXIT.done)
        expect(out).toContain(`sekisho ${words}`)
        expect(/[\u3040-\u30ff]/.test(out), `${words} ${lang}`).toBe(lang === 'ja')
        for (const line of out.split('\n')) expect(columns(line), line).toBeLessThanOrEqual(80)
      }
  })
  test.each([
    [['incident', 'close', 'INC-2026-0001', '--cause', '…', '--without-soak', 'REASON'], '--cause …'],
    [['incident', 'close', 'INC-2026-0001', '--cause', 'a disk', '--without-soak', 'REASON'], 'REASON'],
    [['incident', 'close', 'INC-2026-0001', '--cause', 'a disk', '--action', 'WHO: WHAT'], 'WHO: WHAT'],
    [['do', 'config', '--service', 'x', '--instruction', 'y', '--set', 'A=1', '--set', 'B=VALUE'], 'B=VALUE'],
    [['incident', 'note', 'INC-2026-0001', '…'], '…'],
  ])('a place to fill in that was pasted as printed is refused: %s', async (argv, named) => {
    for (const [lang, said] of [
      ['ja', '書きかえるところ'],
      ['en', 'place to fill in'],
    ] as const) {
      const { exit, err } = await typed([...argv, '--lang', lang])
      expect([exit, err]).toEqual([EXIT.usage, expect.stringContaining(said)])
      expect(err).toContain(named)
    }
  })
  test.each([
    [['status']],
    [['--lang', 'en', 'status']],
    [['--url', 'http://127.0.0.1:9', 'status']],
    [['status', '--lang=ja']],
    [['change', 'show', 'CHG-2026-0001']],
    [['--json', 'change', 'list', '--all']],
    [['record', '--lang', 'ja', 'show', 'CHG-2026-0001']],
  ])('%j is a command: it gets as far as the gate, which does not answer', async (argv) => {
    const { exit } = await typed(argv, { SEKISHO_TOKEN: 'x' })
    expect(exit).toBe(EXIT.later)
  })
  test.each([
    [['recrod', 'show'], 'sekisho record show'],
    [['chnage', 'aprove', 'CHG-2026-0001'], 'sekisho change approve CHG-2026-0001'],
    [['change'], 'sekisho help change'],
    [['change'], 'change approve'],
    [['stats'], 'sekisho status'],
    [['change', 'list', '--al'], '--all'],
    [['do', 'config', '--sevice', 'x'], '--service'],
    [['do'], 'sekisho do service --service NAME --verb restart --instruction "…"'],
    [['change', 'approve'], 'sekisho change approve ID'],
    [['status', 'now'], 'sekisho status'],
    [['person', 'add', 'a', 'b'], 'sekisho person add ID'],
    [['guard', 'check', 'rm', '-rf', 'a b'], "sekisho guard check -- rm -rf 'a b'"],
    [['guard', 'explain', '--cwd', '/srv', 'ls', '-l'], 'sekisho guard explain --cwd /srv -- ls -l'],
    [['install', 'claude'], 'sekisho install claude-code'],
    [['do', 'config', '--service'], '--service'],
    [['help', 'nosuch'], 'sekisho help'],
    [['help', 'chnage'], 'sekisho help change'],
    [['help', 'change', 'aprove'], 'sekisho help change approve'],
  ])('%j is refused with exit 64 and what to type, in both languages', async (argv, next) => {
    for (const lang of ['ja', 'en']) {
      const { exit, err, out } = await typed([...argv, '--lang', lang])
      expect(exit).toBe(EXIT.usage)
      expect(out).toBe('')
      expect(err).toContain(next)
      expect(/[\u3040-\u30ff]/.test(err), err).toBe(lang === 'ja')
      expect(err).not.toMatch(/cli\.|undefined|—$/m)
    }
  })
  test.each([
    ['do', 'config'],
    ['status', 'now'],
  ])('help %s %s is the help of the command that the word belongs to', async (command, word) => {
    for (const lang of ['ja', 'en']) {
      const { exit, out } = await typed(['help', command, word, '--lang', lang])
      expect([exit, out]).toEqual([EXIT.done, expect.stringContaining(`sekisho ${command}`)])
    }
  })
  test.each([
    [['--lang', 'fr', 'status']],
    [['status', '--lang=fr']],
    [['help', '--lang', 'fr']],
    [['--lang', 'fr']],
  ])('%j names the languages there are', async (argv) => {
    const { exit, out, err } = await typed(argv)
    expect(exit).toBe(EXIT.usage)
    expect(out).toBe('')
    expect(err).toContain('--lang fr')
    expect(err).toContain('ja|en')
  })
  test('--version says which release this is', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      version: string
    }
    expect(await typed(['--version'])).toEqual({ exit: EXIT.done, out: `sekisho ${version}\n`, err: '' })
    expect(JSON.parse((await typed(['--version', '--json'])).out)).toMatchObject({ version })
  })
  test('an id that can be none is refused before the gate is asked', async () => {
    for (const argv of [
      ['change', 'show', '1'],
      ['record', 'show', 'CHG-1'],
    ]) {
      const { exit, err } = await typed(argv, { SEKISHO_TOKEN: 'x' })
      expect(exit).toBe(EXIT.usage)
      expect(err).toContain('CHG-2026-0001')
      expect(err).not.toMatch(/pattern|\^/)
    }
  })
  test('who is not logged in hears first that no gate answers', async () => {
    const { exit, err } = await typed(['status'])
    expect(exit).toBe(EXIT.later)
    expect(err).toContain('http://127.0.0.1:9')
    expect(err).not.toContain('sekisho login')
  })
  test('--json refuses in JSON on stdout and in words on stderr', async () => {
    const { exit, out, err } = await typed(['nix', '--json'])
    expect(exit).toBe(EXIT.usage)
    expect(JSON.parse(out)).toMatchObject({ ok: false, code: 'cli.no_such_command' })
    expect(err).toContain('nix')
  })
  test('doctor says that the gate is down to whoever asks, logged in or not', async () => {
    for (const environment of [{}, { SEKISHO_TOKEN: 'skp_x' }]) {
      const { exit, out } = await typed(['doctor', '--lang', 'en'], environment)
      expect(exit).toBe(EXIT.failed)
      expect(out).toMatch(/^✗ gate +/m)
    }
  })
})
