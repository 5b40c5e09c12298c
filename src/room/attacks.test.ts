// What candidate code tries against the host. Every attempt is shown to have its effect where it is made beside the room, by root: then the room is what stops it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../sys/process.ts'
import { withRoom } from './room.ts'
import type { RoomPorts } from './walls.ts'

const isRoot = process.getuid?.() === 0
const place = mkdtempSync(join(tmpdir(), 'sekisho-attacks-'))
const scratch = join(place, 'scratch')
const ports: RoomPorts = {
  process: run,
  scratch,
  uid: process.geteuid?.() ?? -1,
  command: [process.execPath, join(import.meta.dirname, '../runner/main.ts')],
  redact: (text) => text,
}
const servers: Server[] = []
let victim: ChildProcess | undefined
let targets: Readonly<Record<string, string | number>>
const SCRIPT = join(import.meta.dirname, 'fixtures/attacks.cjs')

const listen = (where: { readonly path: string } | { readonly host: string; readonly port: number }) =>
  new Promise<Server>((done, failed) => {
    const server = createServer((socket) => socket.end())
    server.once('error', failed)
    server.listen(where, () => done(server))
    servers.push(server)
  })

/** An address of this machine besides the loopback; the loopback where it has none. */
function addressHere(): string {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? [])
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
}

beforeAll(async () => {
  for (const name of ['scratch', 'tree', 'beside', 'mount', 'scratch/room-0-other'])
    mkdirSync(join(place, name))
  for (const path of [place, scratch, join(scratch, 'room-0-other')]) chmodSync(path, 0o755)
  const write = (path: string, mode: number) => {
    writeFileSync(join(place, path), 'canary\n')
    chmodSync(join(place, path), mode)
    return join(place, path)
  }
  copyFileSync(SCRIPT, join(place, 'tree/attacks.cjs'))
  const named = await listen({ path: join(place, 'host.sock') })
  chmodSync(join(place, 'host.sock'), 0o777)
  const abstract = `sekisho-attack-${process.pid}`
  await listen({ path: `\0${abstract}` })
  const tcp = await listen({ host: '0.0.0.0', port: 0 })
  victim = spawn('sh', ['-c', 'trap : USR1; while :; do sleep 1; done'], {
    env: { PATH: process.env['PATH'], CANARY: 'CANARY' },
    stdio: 'ignore',
  })
  expect(named.listening).toBe(true)
  targets = {
    socket: join(place, 'host.sock'),
    abstract,
    port: (tcp.address() as { readonly port: number }).port,
    address: addressHere(),
    victim: victim.pid ?? 0,
    secret: write('secret', 0o600),
    open: write('open', 0o644),
    clone: write('scratch/room-0-other/records.json', 0o644),
    mount: join(place, 'mount'),
    linked: write('linked', 0o666),
    beside: join(place, 'beside'),
    tree: write('tree/written', 0o666),
  }
})
afterAll(async () => {
  victim?.kill('SIGKILL')
  for (const one of servers) one.close()
  rmSync(place, { recursive: true, force: true })
})

describe.runIf(isRoot)('candidate code in a test room', () => {
  test('has none of the effects on the host that the same code has beside the room', async () => {
    const beside = execFileSync(process.execPath, [SCRIPT, JSON.stringify(targets)], { encoding: 'utf8' })
    const control = JSON.parse(beside) as Readonly<Record<string, boolean>>
    expect(Object.keys(control).length).toBeGreaterThanOrEqual(20)
    // The machine that runs this test may have no route at all.
    const { 'a datagram to the host': _, ...shown } = control
    expect(Object.entries(shown).filter(([, works]) => !works)).toEqual([])
    const written = readFileSync(String(targets['tree']), 'utf8')

    const answer = await withRoom(ports, { tree: join(place, 'tree'), at: '/srv/app' }, (room) =>
      room.run({ argv: ['node', 'attacks.cjs', JSON.stringify(targets)] }),
    )
    expect([answer.ended, answer.exit]).toEqual(['exit', 0])
    const inside = JSON.parse(answer.output) as Readonly<Record<string, boolean>>
    expect(Object.keys(inside)).toEqual(Object.keys(control))
    expect(Object.entries(inside).filter(([, works]) => works)).toEqual([])
    expect(readFileSync(String(targets['tree']), 'utf8')).toBe(written)
    expect(victim?.exitCode).toBeNull()
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
    const control = spawn('node', ['-e', program], { cwd: join(place, 'beside'), detached: true })
    const said: string[] = []
    control.stdout.on('data', (chunk: Buffer) => said.push(String(chunk)))
    const over = new Promise((done) => control.once('exit', done))
    const answer = await withRoom(ports, { tree: join(place, 'tree'), at: '/srv/app', limits }, (room) =>
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
