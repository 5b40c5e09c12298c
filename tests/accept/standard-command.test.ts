// A declared command as a change of its own, typed at the command line on a host with systemd: rehearsed in a room, run from its sealed files, signed for once after
// five clean runs, and asked for again as soon as a byte of it is another one.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { StandingList } from '../../src/contract/gate.ts'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import type { World } from '../world/world.ts'
import { BROKEN, JOBS, MARK, markSteps, marksOf, marksWorld, ranOf as ran, STATE } from './marks.ts'

describeWith('host', 'a declared command', () => {
  let here: World
  beforeAll(async () => {
    here = await marksWorld()
  })

  const { show, propose, approved, withdraw, card } = markSteps(() => here)
  const verdicts = ({ checks }: ChangeView) =>
    Object.fromEntries(checks.map(({ check, verdict }) => [check, verdict]))
  const marks = () => marksOf(here)
  const listed = () => here.json<StandingList>('ops1', ['standing', 'list'])
  const sign = () =>
    here.sekisho('ops1', ['standing', 'sign', 'marks', 'command', 'mark', '--yes'], { together: true })
  const standing = async () => (await listed()).standing.find(({ verb }) => verb === 'command')
  const asked = async (name: string) => {
    const waits = await propose(name)
    expect([waits.state, waits.class, waits.exit]).toEqual(['awaiting_approval', 'normal', 3])
    return waits
  }

  test('the rehearsal runs it and its way back: what it leaves, and what it writes elsewhere, is red and named; without a way back, or below a directory of its user, it is refused', async () => {
    const half = await propose('half')
    expect([half.state, verdicts(half)['trial'], verdicts(half)['undo']]).toEqual(['blocked', 'green', 'red'])
    expect(JSON.stringify(half.checks)).toContain(`${STATE}/marks`)
    const wander = await propose('wander')
    expect([wander.state, verdicts(wander)['trial']]).toEqual(['blocked', 'red'])
    expect(await card(wander.id)).toContain('/srv/marks/notes')
    for (const { id } of [half, wander]) await withdraw(id)
    const argv = ['do', 'command', '--service', 'marks', '--run']
    for (const [name, sentence] of [
      ['forever', 'has no declared way back'],
      ['loose', '/srv/marks does not belong to root'],
      ['other', 'declares no command other'],
    ] as const) {
      const said = await here.sekisho('ops1', [...argv, name, '--instruction', 'mark it'], { together: true })
      expect([name, said.code], said.stdout).toEqual([name, 2])
      expect(said.stdout.replace(/\s+/g, ' ')).toContain(sentence)
    }
    expect(await marks()).toEqual(['first'])
    await expect(here.host.read('/srv/marks/notes')).rejects.toThrow()
  }, 300_000)

  test('part of N18 five clean runs of a command allow a proposal; then it runs with the decision cited, other bytes and words are asked for, and one void demotes it', async () => {
    for (let i = 1; i <= 4; i++) {
      const one = await approved('mark')
      expect(ran(one), JSON.stringify(one.steps)).toEqual(['closed', 'kept', 'normal'])
    }
    expect((await listed()).proposed).toMatchObject([
      { service: 'marks', command: 'mark', clean: 4, needed: 5 },
    ])
    const early = await sign()
    expect([early.code, early.stdout]).toEqual([2, expect.stringContaining('4 of 5')])
    expect(ran(await approved('mark'))).toEqual(['closed', 'kept', 'normal'])
    const list = await here.sekisho('ops1', ['standing', 'list'])
    expect(list.stdout).toContain('sekisho standing sign marks command mark')
    const signed = await sign()
    expect(signed.code, signed.stdout).toBe(0)

    // The same bytes: nobody is asked.
    const inside = await propose('mark')
    expect(ran(inside), JSON.stringify(inside.checks)).toEqual(['closed', 'kept', 'standard'])
    expect(await marks()).toEqual(['first', ...Array.from({ length: 6 }, () => 'marked by marks')])
    const record = await here.sekisho('ops1', ['record', 'show', inside.id])
    expect(record.stdout).toMatch(/Hanako {2}\S+ \S+ UTC \(standing\)/)

    // A byte of the script, a file more beside it, or a word of the rules.
    const rules = (await here.host.read('/etc/sekisho/sekisho.yaml')).toString()
    await here.host.put(`${JOBS}/mark`, `${MARK}# and a word more\n`, 0o755)
    const other = await asked('mark')
    expect(await card(other.id)).toContain('# and a word more')
    await withdraw(other.id)
    await here.host.put(`${JOBS}/mark`, MARK, 0o755)
    await here.host.put(`${JOBS}/more`, 'x', 0o644)
    await withdraw((await asked('mark')).id)
    await here.host.ok(['rm', `${JOBS}/more`])
    await here.host.put(
      '/etc/sekisho/sekisho.yaml',
      rules.replace('argv: [./mark], back: [./unmark]', 'argv: [./mark, x], back: [./unmark]'),
      0o640,
    )
    expect((await here.sekisho('root', ['config', 'apply'])).code).toBe(0)
    await withdraw((await asked('mark')).id)
    await here.host.put('/etc/sekisho/sekisho.yaml', rules, 0o640)
    expect((await here.sekisho('root', ['config', 'apply'])).code).toBe(0)
    expect(ran(await propose('mark'))).toEqual(['closed', 'kept', 'standard'])

    // One void: it waits for its window, and somebody writes the script by hand meanwhile.
    const at = Date.now()
    const [from = '', to = ''] = [at + 30_000, at + 3_600_000].map((one) => new Date(one).toISOString())
    const waits = await propose('mark', ['--from', from, '--until', to, '--no-wait'])
    expect([waits.state, waits.class]).toEqual(['approved', 'standard'])
    await here.host.put(`${JOBS}/mark`, `${MARK}# by hand\n`, 0o755)
    await until('the change to be void', 120_000, async () =>
      (await show(waits.id)).state === 'void' ? true : undefined,
    )
    expect(await standing()).toMatchObject({ state: 'demoted', why: 'void' })
    expect(await marks()).toHaveLength(8)
    await here.host.put(`${JOBS}/mark`, MARK, 0o755)
    await withdraw((await asked('mark')).id)
  }, 600_000)

  test('part of N18 a command that fails under its standing decision is taken back and no standard any more: the next one waits for a person, list, card and record say why, and five runs are needed anew', async () => {
    // A void takes no run away: the owner signs again.
    expect((await sign()).code).toBe(0)
    const before = await marks()
    await here.host.put(BROKEN, '', 0o644)
    const failed = await propose('mark')
    expect(ran(failed), JSON.stringify(failed.steps)).toEqual(['closed', 'rolled_back', 'standard'])
    expect(await marks()).toEqual(before)
    await here.host.ok(['rm', BROKEN])

    expect(await standing()).toMatchObject({ state: 'demoted', why: 'failed' })
    const list = await here.sekisho('ops1', ['standing', 'list'])
    expect(list.stdout).toMatch(/demoted.*the command failed/)
    const record = await here.sekisho('ops1', ['record', 'show', failed.id])
    expect(record.stdout).toMatch(/Hanako {2}\S+ \S+ UTC \(standing\)/)
    expect(record.stdout).toContain('the standing decision ended with this run: the command failed')
    const early = await sign()
    expect([early.code, early.stdout]).toEqual([2, expect.stringContaining('0 of 5')])

    const next = await asked('mark')
    expect(await card(next.id)).toContain('the standing decision of ops1 has ended: the command failed')
    await here.json('ops1', ['change', 'approve', next.id, '--yes'])
    const kept = await show(next.id)
    expect(ran(kept), JSON.stringify(kept.steps)).toEqual(['closed', 'kept', 'normal'])
    expect(await marks()).toHaveLength(before.length + 1)
    const own = await here.sekisho('ops1', ['record', 'show', next.id])
    expect(own.stdout).not.toContain('(standing)')
  }, 300_000)
})
