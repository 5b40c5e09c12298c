// What candidate code tries against the host from a rehearsal room, as the service itself and in its smoke test, beside the clones that it may change. Every
// attempt is shown to have its effect where it is made beside the room, by root.
import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type AttackTargets,
  attackTargets,
  effectsOf,
  NEEDS_A_ROUTE,
  type Outcomes,
} from '../room/fixtures/attack-targets.ts'
import { type TestService, testService } from './fixtures/service.ts'
import { rehearse } from './rehearse.ts'

const isRoot = process.getuid?.() === 0
let targets: AttackTargets
const open: TestService[] = []
beforeAll(async () => {
  targets = await attackTargets()
})
afterAll(() => targets.remove())
afterEach(() => {
  for (const one of open.splice(0)) one.remove()
})

function service(changes: Parameters<typeof testService>[0] = {}): TestService {
  const one = testService(changes)
  open.push(one)
  return one
}

const MARK = 'ATTEMPTS '

describe.runIf(isRoot)('candidate code in a rehearsal room', () => {
  test('has none of the effects on the host that the same code has beside the room', async () => {
    const control = targets.besideTheRoom()
    const names = Object.keys(control)
    expect(names.filter((name) => name !== NEEDS_A_ROUTE && control[name] !== true)).toEqual([])
    const before = targets.state()
    // Once by the service when it has begun, once by its smoke test.
    const one = service({
      new: `require('node:child_process').execFile('node', [__dirname + '/attacks.cjs', ${JSON.stringify(targets.told)}], (_, said) => console.log('${MARK}' + said))`,
    })
    copyFileSync(join(targets.tree, 'attacks.cjs'), join(one.root, 'shop/releases/new/attacks.cjs'))
    const wait = `const { execFileSync } = require('node:child_process')
console.log('${MARK}' + execFileSync('node', ['/srv/shop/releases/new/attacks.cjs', process.argv[1]], { encoding: 'utf8' }))`
    const answer = await rehearse(one.ports, {
      ...one.spec,
      smoke: { argv: ['node', '-e', wait, targets.told], cwd: '/srv/shop', withinMs: 120_000 },
    })
    expect([answer.receipt.fault, answer.output]).toEqual([undefined, expect.stringContaining(MARK)])
    const said = answer.output.split('\n').filter((line) => line.includes(MARK))
    expect(said.length).toBe(2)
    for (const line of said) {
      const inside = JSON.parse(line.slice(line.indexOf(MARK) + MARK.length)) as Outcomes
      expect(Object.keys(inside)).toEqual(names)
      expect(effectsOf(inside)).toEqual([])
    }
    expect(targets.state()).toEqual(before)
    expect(before.victimEnded).toBeNull()
    expect(readdirSync(join(one.root, 'data'))).toEqual(['records.json'])
    expect(readFileSync(join(one.root, 'data/records.json'), 'utf8')).toBe('[]')
  })

  test.each([
    ['memory', 'const a = []; for (;;) a.push(Buffer.alloc(1e7, 1))'],
    [
      'processes',
      "const { spawn } = require('node:child_process'); setInterval(() => { for (let i = 0; i < 20; i++) spawn('sleep', ['300']).on('error', () => {}) }, 10)",
    ],
    [
      'disk',
      "for (let i = 0; i < 9; i++) require('node:fs').writeFileSync('/var/lib/shop/big' + i, Buffer.alloc(1e7, 1)); setInterval(() => {}, 1e6)",
    ],
  ] as const)('cannot take more %s than a room may', async (code, program) => {
    const one = service({ new: program })
    const answer = await rehearse(one.ports, {
      ...one.spec,
      unit: { ...one.spec.unit, startMs: 120_000 },
      limits: { memoryBytes: 300_000_000, processes: 100, diskBytes: 50_000_000, seconds: 300 },
    })
    expect(answer.receipt.verdict).not.toBe('green')
    // What the kernel ends or refuses is the service itself, where it is the one that takes too much.
    expect([code, 'ended'], JSON.stringify(answer.receipt.fault)).toContain(answer.receipt.fault?.code)
    expect(readdirSync(one.ports.scratch).filter((name) => name.startsWith('room-'))).toEqual([])
    expect(readdirSync(join(one.root, 'data'))).toEqual(['records.json'])
  })
})
