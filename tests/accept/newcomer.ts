// Ten tasks of a newcomer with nothing but the README, in Japanese and in English: each ends as it should, speaks the reader's language,
// and shows no code and no JSON. A host with nothing configured but the reference service.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ERRORS } from '../../src/base/error-codes.ts'
import { describeWith } from '../host/describe.ts'
import { endFaults, hungService, SITE } from '../host/faults.ts'
import { type Host, type Outcome, oneHost, SEKISHO } from '../host/host.ts'
import { until } from '../until.ts'
import { start, UP_UNIT } from '../world/world.ts'
import { type Captured, shown, writeReport } from './newcomer-report.ts'

export type Language = 'ja' | 'en'
const SERVICE = 'mirai-knowledge-system'
const KEY = '/home/ops1/.ssh/id_ed25519.pub'
const SOURCE = '/etc/sekisho/sekisho.yaml'

/** Names of this world that look like a code: hosts, units, files. */
const NAMES =
  /\S*\/\S*|\S+@\S+|\b[\w-]+\.(?:service|yaml|yml|log|conf|new|pub|env|jp)\b|\bexample\.jp\b|\d+\.\d+\S*/g
const CODES = Object.keys(ERRORS)

/** What a person reads: in their language, without a code, without JSON. */
function human(text: string, language: Language): void {
  const plain = text.replace(NAMES, '')
  expect(plain, text).not.toMatch(/\b[a-z]+\.[a-z_]+\b/)
  for (const code of CODES) expect(text).not.toContain(code)
  // A line for sekisho.yaml may be written in braces; an object that was printed raw has quotes.
  const shown = text.replaceAll(/\b[a-z_]+: \{ [^{}"]* \}/g, '')
  expect(shown).not.toMatch(/[{}]|"\w+":|\[object|undefined|NaN|\bE[A-Z]{4,}\b/)
  if (language === 'en') expect(text).not.toMatch(/[\u3040-\u30ff]/)
  else if (plain.trim().length > 20) expect(text).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/)
}

/** The ten tasks in one language. Each language has a file of its own, and a host of its own. */
export function newcomer(language: Language): void {
  describeWith('host', `A newcomer (${language})`, () => {
    let host: Host
    const captured: Captured[] = []
    const said = { ja: language === 'ja', en: language === 'en' }

    async function type(user: 'root' | 'ops1', line: readonly string[]): Promise<Outcome & { text: string }> {
      const result = await host.exec(['sh', '-c', 'exec "$@" 2>&1', 'sh', SEKISHO, ...line], {
        ...(user === 'root' ? {} : { user }),
        env: {
          LANG: said.ja ? 'ja_JP.UTF-8' : 'en_US.UTF-8',
          HOME: user === 'root' ? '/root' : '/home/ops1',
          USER: user,
          // As the readme types it: by sudo.
          ...(user === 'root' ? { SUDO_USER: 'ops1' } : {}),
        },
        timeoutMs: 120_000,
      })
      captured.push({
        task: expect.getState().currentTestName ?? '',
        text: `${user}${user === 'root' ? '#' : '$'} sekisho ${line.map(shown).join(' ')}\n${result.stdout}→ ${result.code}`,
      })
      return { ...result, text: result.stdout }
    }
    /** Types a line, which must end with this code and be fit to read. */
    async function expects(code: number, user: 'root' | 'ops1', line: readonly string[]): Promise<string> {
      const { code: ended, text } = await type(user, line)
      expect(ended, `sekisho ${line.join(' ')}\n${text}`).toBe(code)
      if (line[0] !== 'record' && !line.includes('plan')) human(text, language)
      return text
    }
    const site = async (from: string, to: string) => {
      const now = (await host.read(SITE)).toString('utf8')
      expect(now).toContain(from)
      await host.put('/home/ops1/mirai.new', now.replace(from, to))
    }
    const change = (instruction: string) => [
      'do',
      'config',
      '--service',
      SERVICE,
      '--instruction',
      instruction,
      '--file',
      `${SITE}=/home/ops1/mirai.new`,
    ]
    const approve = (id: string) => expects(0, 'ops1', ['change', 'approve', id, '--yes'])

    beforeAll(async () => {
      host = await oneHost()
    })

    afterAll(() => writeReport(language, captured))

    test('1 starts it', async () => {
      expect(await expects(75, 'ops1', ['status'])).toContain('sekisho up')
      await start(host)
      const found = await expects(0, 'root', ['init'])
      expect(found).toContain(SERVICE)
      expect(found).toContain('sudo sekisho key add ops1 ~/.ssh/id_ed25519.pub')
      expect(await expects(0, 'root', ['key', 'add', 'ops1', KEY])).toContain('sekisho login')
      await expects(0, 'ops1', ['login'])
      await expects(0, 'ops1', ['status'])
      await expects(0, 'ops1', ['doctor'])
    })
    test('2 makes a first change', async () => {
      await site('client_max_body_size 2m;', 'client_max_body_size 8m;')
      const card = await expects(
        3,
        'ops1',
        change(said.ja ? 'アップロードの上限を 8 MB に' : 'Raise the limit'),
      )
      expect(card).toContain('client_max_body_size 8m;')
      expect(card).toContain('sekisho change approve CHG-2026-0001'.replace('2026', year(card)))
    })
    test('3 approves it, and it is in effect', async () => {
      const id = await newest()
      const text = await approve(id)
      expect(text).toContain(`sekisho record show ${id}`)
      expect((await host.read(SITE)).toString('utf8')).toContain('client_max_body_size 8m;')
    })
    test('4 reads the record', async () => {
      const record = await expects(0, 'ops1', ['record', 'show', await newest()])
      expect(record.match(/^## /gm)).toHaveLength(8)
      expect(record).toContain(said.ja ? '## ロールバック手順' : '## Way back')
      if (said.en) expect(record).not.toMatch(/[\u3040-\u30ff、。（）「」]/)
    })
    test('5 makes a mistake in the config and is shown where', async () => {
      const good = (await host.read(SOURCE)).toString('utf8')
      const line = good.split('\n').findIndex((one) => one.startsWith('    health:')) + 1
      await host.put(SOURCE, good.replace('    health:', '    helth:'))
      const text = await expects(64, 'root', ['config', 'apply'])
      expect(text).toContain(`${SOURCE}:${line}:5`)
      expect(text).toContain('health')
      await host.put(SOURCE, good)
      await expects(0, 'root', ['config', 'apply'])
      // Somebody who may not is told who may.
      expect(await expects(2, 'ops1', ['config', 'apply'])).toContain('sudo sekisho config apply')
    })
    test('6 reverts by hand', async () => {
      const card = await expects(3, 'ops1', ['change', 'rollback', await newest()])
      expect(card).toContain('client_max_body_size 2m;')
      await approve(await newest())
      expect((await host.read(SITE)).toString('utf8')).toContain('client_max_body_size 2m;')
    })
    test('7 restarts a hung service', async () => {
      await hungService(host)
      await expects(1, 'ops1', ['service', 'status', SERVICE])
      const line = ['do', 'service', '--service', SERVICE, '--verb', 'restart', '--instruction', 'x']
      await expects(3, 'ops1', line)
      await approve(await newest())
      await expects(0, 'ops1', ['service', 'status', SERVICE])
      await endFaults(host)
    })
    test('8 finds out why something is refused', async () => {
      await site('client_max_body_size', 'client_max_boddy_size')
      const blocked = await expects(2, 'ops1', change('9 MB'))
      const id = await newest()
      expect(blocked).toContain('client_max_boddy_size')
      expect(blocked).toContain(`sekisho change revise ${id} --file ${SITE}=NEWFILE`)
      await expects(0, 'ops1', ['change', 'evidence', id])
      await site('client_max_body_size 2m;', 'client_max_body_size 9m;')
      await expects(3, 'ops1', ['change', 'revise', id, '--file', `${SITE}=/home/ops1/mirai.new`])
      await host.ok(['sh', '-c', `echo '# by hand' >>${SITE}`])
      const gone = await expects(2, 'ops1', ['change', 'approve', id, '--yes'])
      expect(gone).toContain(SITE)
      expect(gone).toContain(`sekisho change revise ${id}`)
      await expects(0, 'ops1', ['change', 'withdraw', id])
      await host.ok(['sed', '-i', '/^# by hand$/d', SITE])
      expect(await expects(2, 'ops1', ['change', 'approve', id, '--yes'])).toContain(
        `sekisho change show ${id}`,
      )
    })
    test('9 adds a person and an agent', async () => {
      await host.ok(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'taro', '-f', '/tmp/taro'])
      await expects(0, 'root', ['person', 'add', 'taro', '--role', 'approver', '--key', '/tmp/taro.pub'])
      await expects(0, 'root', ['agent', 'add', 'claude', '--sponsor', 'ops1'])
      expect(await expects(0, 'ops1', ['person', 'list'])).toMatch(/taro +taro +approver/)
      expect(await expects(64, 'root', ['person', 'add', 'hana', '--role', 'aprover'])).toContain('approver')
    })
    test('10 stops it and starts it again, and finds everything', async () => {
      await expects(0, 'root', ['down'])
      await expects(75, 'ops1', ['status'])
      await host.exec(['systemctl', 'stop', UP_UNIT])
      await start(host)
      // Calm once the first look after the start has ended.
      let shown = ''
      await until(
        () => `a calm status\n${shown}`,
        60_000,
        async () => {
          const result = await host.exec([SEKISHO, 'status'], { user: 'ops1', env: { HOME: '/home/ops1' } })
          shown = `${result.code} ${result.stdout}${result.stderr}`
          return result.code === 0 ? true : undefined
        },
      )
      await expects(0, 'ops1', ['status'])
      await expects(0, 'ops1', ['record', 'show', 'CHG-2026-0001'.replace('2026', await thisYear())])
      await expects(0, 'ops1', ['ledger', 'verify'])
    })

    const year = (text: string) => /CHG-(\d{4})/.exec(text)?.[1] ?? ''
    const thisYear = async () => year(await newest())
    async function newest(): Promise<string> {
      const { stdout } = await host.exec([SEKISHO, 'change', 'list', '--all', '--json'], {
        user: 'ops1',
        env: { HOME: '/home/ops1' },
      })
      const { changes } = JSON.parse(stdout) as { changes: { id: string }[] }
      return changes[0]?.id ?? ''
    }
  })
}
