// N09 on the whole gate: what nobody kept goes back with runner, gate, store and network dead, and over a reboot before the service starts;
// the gate learns of it afterwards, and its ledger has the lines.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { BOOT_UNIT } from '../../src/runner/revert/boot.ts'
import { describeWith } from '../host/describe.ts'
import { SITE } from '../host/faults.ts'
import { CHECKOUT_IN_HOST, MIRAI_UNIT, NODE_IN_HOST } from '../host/host.ts'
import { until } from '../until.ts'
import { ready, UP_UNIT } from '../world/world.ts'
import {
  approve,
  comeUp,
  cursor,
  DATA,
  endOf,
  killAll,
  proposeSite,
  RULES,
  reloads,
  SERVICE,
  type Station,
  seen,
  stateOf,
  stations,
} from './campaign.ts'

const LIMIT = { timeout: 600_000 }
const KEEP_SECONDS = 45
const DROP_IN = `/etc/systemd/system/${MIRAI_UNIT}.d/limits.conf`

describeWith('host', 'part of N09: the whole gate is gone', () => {
  let s: Station
  beforeAll(async () => {
    const [one] = await stations(1, `${KEEP_SECONDS}s`)
    if (one === undefined) throw new Error('no station')
    s = one
  })

  const journal = async (execution: string) => {
    const bytes = await s.host.read(`${DATA}/runner/journal/${execution.replace('/', '.')}.jsonl`)
    return bytes.toString()
  }
  /** What leaves with the record, as text: the ledger's own copy of the journal is in it. */
  const exported = async (id: string) => {
    await s.world.json('ops1', ['ledger', 'checkpoint'])
    const { publicKey } = await s.world.json<{ publicKey: string }>('ops1', [
      'ledger',
      'export',
      '--out',
      '/tmp/all.sekisho',
    ])
    await s.world.json('ops1', ['record', 'export', id, '--out', '/tmp/one.sekisho'])
    for (const file of ['/tmp/all.sekisho', '/tmp/one.sekisho']) {
      const verifier = `${CHECKOUT_IN_HOST}/dist/sekisho-verify.mjs`
      const checked = await s.host.exec([NODE_IN_HOST, verifier, file, '--key', publicKey])
      expect(checked.code, checked.stdout + checked.stderr).toBe(0)
    }
    return (await s.host.read('/tmp/one.sekisho')).toString()
  }
  /** Every line of the runner's file stands in the export, in base64 or as it is. */
  const holds = (text: string, line: string) =>
    text.includes(line) ||
    text.includes(JSON.stringify(line).slice(1, -1)) ||
    [...text.matchAll(/[A-Za-z0-9+/=]{200,}/g)].some(([base64]) =>
      Buffer.from(base64, 'base64').toString().includes(line),
    )

  test(
    'N09 runner, gate, store and network dead after apply: the timer puts back within its time, and the record has it',
    LIMIT,
    async () => {
      const { host } = s
      const before = await seen(s)
      const { id } = await proposeSite(s, 'nobody-keeps', ['--keep', 'person'])
      const since = await cursor(host)
      expect((await approve(s, id)).code).toBe(0)
      const waiting = await stateOf(s, id, ['awaiting_keep'])
      expect(waiting.state, JSON.stringify(waiting.execution)).toBe('awaiting_keep')
      expect((await seen(s)).header).toBe('nobody-keeps')
      await killAll(host)
      const links = (await host.ok(['ls', '/sys/class/net']))
        .split('\n')
        .filter((one) => one !== '' && one !== 'lo')
      for (const link of links) await host.ok(['ip', 'link', 'set', link, 'down'])
      expect((await seen(s)).header).toBe('nobody-keeps')
      await until('the timer to put back', (KEEP_SECONDS + 60) * 1000, async () =>
        (await seen(s)).header === before.header ? true : undefined,
      )
      const execution = `${id}/1`
      const lines = await until('the runner’s journal to be closed', 10_000, async () => {
        const text = await journal(execution)
        return text.includes('"kind":"closed"') ? text : undefined
      })
      expect(lines).toMatch(/"by":"timer"[^\n]*"kind":"claim"|"kind":"claim"[^\n]*"by":"timer"/)
      const at = (pattern: RegExp) => Number(pattern.exec(lines)?.[1])
      const claimed = lines.split('\n').find((line) => line.includes('"kind":"claim"')) ?? ''
      const due = Number([...lines.matchAll(/"deadlineUptime":(\d+)/g)].at(-1)?.[1])
      expect(Number(/"uptime":(\d+)/.exec(claimed)?.[1])).toBeGreaterThanOrEqual(due)
      expect(at(/"deadlineUptime":(\d+)/)).toBeGreaterThan(0)
      expect(await seen(s)).toEqual(before)
      expect(await reloads(host, since)).toBe(2)
      for (const link of links) await host.ok(['ip', 'link', 'set', link, 'up'])
      await comeUp(host)
      const view = await endOf(s, id)
      expect(view).toMatchObject({ state: 'closed', execution: { outcome: 'rolled_back' } })
      expect(view.decisions.some(({ type, live }) => type === 'approve' && live)).toBe(true)
      const text = await exported(id)
      for (const line of (await journal(execution)).trim().split('\n'))
        expect(holds(text, line), line).toBe(true)
    },
  )

  test(
    'part of N09 and X16: a reboot inside the window with a drop-in armed: put back before the service starts, closed after',
    LIMIT,
    async () => {
      const { host } = s
      const rules = (await host.read(RULES)).toString()
      await host.put(RULES, rules.replace(`keep: ${KEEP_SECONDS}s`, 'keep: 30m'))
      expect((await s.world.sekisho('root', ['config', 'apply'])).code).toBe(0)
      const installed = await s.world.sekisho('root', ['install', 'host'])
      expect(installed.code, installed.stdout + installed.stderr).toBe(0)
      await host.ok(['systemctl', 'stop', UP_UNIT])
      await host.ok(['systemctl', 'start', 'sekisho-gate.service'])
      await ready(host)
      const limit = async () =>
        (await host.ok(['systemctl', 'show', '-p', 'LimitNOFILE', '--value', MIRAI_UNIT])).trim()
      const inProcess = async () => {
        const pid = (await host.ok(['systemctl', 'show', '-p', 'MainPID', '--value', MIRAI_UNIT])).trim()
        return /Max open files\s+(\d+)/.exec((await host.read(`/proc/${pid}/limits`)).toString())?.[1]
      }
      const before = { limit: await limit(), inProcess: await inProcess() }
      await host.put('/tmp/limits', '[Service]\nLimitNOFILE=4321\n', 0o644)
      const wish = [
        'do',
        'config',
        '--service',
        SERVICE,
        '--file',
        `${DROP_IN}=/tmp/limits`,
        '--keep',
        'person',
      ]
      const { id } = await s.world.json<ChangeView>('ops1', [
        ...wish,
        '--instruction',
        'ファイル数の上限を変える',
      ])
      const approved = await approve(s, id)
      expect(approved.code, approved.stderr).toBe(0)
      const waiting = await stateOf(s, id, ['awaiting_keep'])
      expect(waiting.state, JSON.stringify(waiting)).toBe('awaiting_keep')
      expect([await limit(), await inProcess()]).toEqual(['4321', '4321'])
      await host.reboot()
      expect((await host.exec(['test', '-e', DROP_IN])).code).toBe(1)
      expect({ limit: await limit(), inProcess: await inProcess() }).toEqual(before)
      const moment = async (unit: string, property: string) =>
        Number((await host.ok(['systemctl', 'show', '--value', '-p', property, unit])).trim())
      expect(await moment(MIRAI_UNIT, 'InactiveExitTimestampMonotonic')).toBeGreaterThan(
        await moment(BOOT_UNIT, 'ExecMainExitTimestampMonotonic'),
      )
      await ready(host)
      const view = await endOf(s, id)
      expect(view).toMatchObject({ state: 'closed', execution: { outcome: 'rolled_back' } })
      expect(view.decisions.some(({ type, live }) => type === 'approve' && live)).toBe(true)
      expect(await journal(`${id}/1`)).toContain('"by":"boot"')
      const text = await exported(id)
      for (const line of (await journal(`${id}/1`)).trim().split('\n'))
        expect(holds(text, line), line).toBe(true)
      expect((await host.read(SITE)).toString()).toBe(s.site)
    },
  )
})
