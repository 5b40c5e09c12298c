// The page for the night in one language, from its first line to its last, on a real host: each line does what the page says of it, and each
// screen is in the language of the page.
import { beforeAll, expect, test } from 'vitest'
import type { IncidentView } from '../../src/contract/incident.ts'
import { describeWith } from '../host/describe.ts'
import { hungService } from '../host/faults.ts'
import { miraiPolicy } from '../host/mirai.ts'
import { until } from '../until.ts'
import { type World, world } from '../world/world.ts'
import { Guide, rulesOf } from './night-guide.ts'

const RULES = '/etc/sekisho/sekisho.yaml'
/** The proxy in front of the service, with a log of its own. */
const PROXY = `  nginx:
    manager: { systemd: nginx.service }
    logs: { error: /var/log/nginx/error.log }
`
const KANA = /[\u3040-\u30ff]/

export function nightWalk(language: 'ja' | 'en'): void {
  describeWith('host', `the page for the night (${language})`, () => {
    let w: World
    let guide: Guide
    let id = ''
    /** Typed, done, and answered in the language of the page. */
    const type = async (begins: string, given: Parameters<Guide['type']>[1] = {}, code = 0) => {
      const typed = await guide.type(begins, given)
      expect(typed.code, `${begins}\n${typed.stdout}${typed.stderr}`).toBe(code)
      const said = typed.stdout + typed.stderr
      if (said.trim() !== '' && given.json !== true) expect(KANA.test(said), said).toBe(language === 'ja')
      return typed.stdout
    }

    beforeAll(async () => {
      w = await world({
        // What the gate says by itself is in the language of the gate.
        policy: async (host) =>
          (await miraiPolicy(host))
            .replace(/^lang: ja$/m, `lang: ${language}`)
            .replace(/^people:$/m, `${PROXY}people:`),
      })
      guide = new Guide(w, language)
    }, 240_000)

    test('before the night: the signature, and the rules by which an incident opens by itself', async () => {
      await type('standing sign')
      await w.host.put(RULES, `${await w.host.read(RULES)}${rulesOf(language)}`)
      const applied = await w.sekisho('root', ['config', 'apply'], { language })
      expect(applied.code, applied.stdout + applied.stderr).toBe(0)
    }, 120_000)

    test('a service is down: one line seals, restarts and sees it recover, and the next lines can be typed', async () => {
      await hungService(w.host)
      // The proxy gives up after 10 s, and says so in its own log.
      await w.host.exec(['curl', '-sk', '-o', '/dev/null', '--max-time', '40', 'https://localhost/health'])
      await type('incident open')
      const { incidents } = await w.json<{ incidents: IncidentView[] }>('ops1', ['incident', 'list'])
      id = incidents[0]?.id ?? ''
      const view = await w.json<IncidentView>('ops1', ['incident', 'show', id])
      expect(view).toMatchObject({ state: 'monitoring', evidence: [{ set: 'level1' }, { set: 'after' }] })
      const readItem = async (item: string) =>
        (await w.sekisho('ops1', ['incident', 'evidence', id, item], { language })).stdout
      // Nothing of the machine explains it: that there was no answer is what is left. The proxy has seen it too, unless the rules have opened the
      // incident before it gave up: then what it says is in the second set alone, and no cause.
      const signs = view.evidence[0]?.items.find(({ name }) => name === 'signs')
      const hasProxy = /"sign":\s*"upstream"/.test(await readItem(signs?.item ?? ''))
      const causes = view.causes?.causes.filter(({ kind }) => kind !== 'change')
      expect(causes?.map(({ code }) => code)).toEqual(['answer.health', ...(hasProxy ? ['answer.log'] : [])])
      const logs: string[] = []
      for (const { item, name } of view.evidence.flatMap(({ items }) => items))
        if (name === 'errorLog nginx') logs.push(await readItem(item))
      expect(logs.join('\n')).toContain('upstream timed out')
      const shown = await type('incident show', { id })
      expect(shown).toContain(`sekisho incident close ${id}`)
      // What `incident evidence` takes is on the screen.
      for (const { item, name } of view.evidence.flatMap(({ items }) => items))
        expect(shown.replace(/\s+/g, ' ')).toContain(`${item} ${name}`)
      const read = await w.sekisho('ops1', ['incident', 'evidence', id, 'E01'], { language })
      expect(read.code, read.stderr).toBe(0)
      for (const line of ['incident next', 'incident note', 'incident role', 'incident handover'])
        await type(line, { id })
      // What else is red on this host is not asked here.
      const status = await guide.type('status')
      expect(status.code).toBeLessThan(4)
      expect(status.stdout).toContain(id)
    }, 240_000)

    test('it is closed, told, verified, and its evidence leaves by root alone', async () => {
      await type('incident close', { id })
      const report = await type('incident report', { id })
      expect(report).toContain('a leak in 4.2.1')
      await type('incident verify', { id })
      await type('evidence export', { id })
      expect(await w.host.ok(['sh', '-c', 'ls /root/evidence'])).toContain('E01-')
    }, 120_000)

    test('break-glass: done, listed, and reviewed', async () => {
      await type('glass run')
      await type('glass list')
      const { glasses } = await w.json<{ glasses: { glass: string }[] }>('root', ['glass', 'list'])
      await type('glass review', { digest: glasses[0]?.glass.slice(0, 12) ?? '' })
      const left = await until('nothing to be owed', 60_000, async () => {
        const { glasses: now } = await w.json<{ glasses: { reviewed?: object }[] }>('root', ['glass', 'list'])
        return now.every(({ reviewed }) => reviewed !== undefined) ? now : undefined
      })
      expect(left).toHaveLength(1)
      expect(guide.lines.filter((line) => !guide.run.has(line))).toEqual([])
    }, 180_000)
  })
}
