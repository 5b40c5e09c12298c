// What candidate code tries against the host. Every attempt is shown to have its effect where it is made beside the room, by root: then the room is what stops it.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../sys/process.ts'
import { type AttackTargets, attackTargets, effectsOf, NEEDS_A_ROUTE } from './fixtures/attack-targets.ts'
import { withRoom } from './room.ts'
import type { RoomPorts } from './walls.ts'

const isRoot = process.getuid?.() === 0
let targets: AttackTargets
let ports: RoomPorts

beforeAll(async () => {
  targets = await attackTargets()
  ports = {
    process: run,
    scratch: targets.scratch,
    uid: process.geteuid?.() ?? -1,
    command: [process.execPath, join(import.meta.dirname, '../runner/main.ts')],
    redact: (text) => text,
  }
})
afterAll(() => targets.remove())

describe.runIf(isRoot)('candidate code in a test room', () => {
  test('has none of the effects on the host that the same code has beside the room', async () => {
    const control = targets.besideTheRoom()
    const names = Object.keys(control)
    expect(names.length).toBeGreaterThanOrEqual(20)
    expect(names.filter((name) => name !== NEEDS_A_ROUTE && control[name] !== true)).toEqual([])
    const before = targets.state()

    const answer = await withRoom(ports, { tree: targets.tree, at: '/srv/app' }, (room) =>
      room.run({ argv: ['node', 'attacks.cjs', targets.told] }),
    )
    expect([answer.ended, answer.exit]).toEqual(['exit', 0])
    const inside = JSON.parse(answer.output) as Readonly<Record<string, boolean>>
    expect(Object.keys(inside)).toEqual(names)
    expect(effectsOf(inside)).toEqual([])
    expect(targets.state()).toEqual(before)
    expect(before.victimEnded).toBeNull()
  })

  test.each([
    ['memory', "const a=[];for(let i=0;i<30;i++)a.push(Buffer.alloc(1e7,1));console.log('all of it')"],
    [
      'processes',
      "const c=require('child_process');for(let i=0;i<90;i++)c.spawn('sleep',['20']);setTimeout(()=>{console.log('all of it');process.kill(-process.pid)},3000)",
    ],
    [
      'disk',
      "const f=require('fs');for(let i=0;i<9;i++)f.writeFileSync(`big${i}`,Buffer.alloc(1e7,1));setTimeout(()=>console.log('all of it'),5000)",
    ],
  ] as const)('cannot take more %s than a room may', async (ended, program) => {
    const limits = { memoryBytes: 200_000_000, processes: 60, diskBytes: 50_000_000, seconds: 60 }
    const control = spawn('node', ['-e', program], { cwd: join(targets.place, 'beside'), detached: true })
    const said: string[] = []
    control.stdout.on('data', (chunk: Buffer) => said.push(String(chunk)))
    const over = new Promise((done) => control.once('exit', done))
    const answer = await withRoom(ports, { tree: targets.tree, at: '/srv/app', limits }, (room) =>
      room.run({ argv: ['node', '-e', program] }),
    )
    expect(answer).toMatchObject({ ended })
    await over
    try {
      process.kill(-(control.pid ?? 0), 'SIGKILL')
    } catch {
      // All of it has ended.
    }
    expect(said.join('')).toContain('all of it')
  })
})
