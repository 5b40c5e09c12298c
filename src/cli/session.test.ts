// Which gate is meant: the user's own while it runs, else the system's.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findGate } from './session.ts'

let folder: string
let own: string
let system: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sk-session-'))
  own = join(folder, '.local/state/sekisho')
  system = join(folder, 'system')
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

/** A gate that has been there; `served` while it runs. */
async function gate(data: string, port: number, served: boolean): Promise<void> {
  await mkdir(join(data, 'gate'), { recursive: true })
  await writeFile(join(data, 'gate.json'), JSON.stringify({ port, pid: 1 }))
  if (served) await writeFile(join(data, 'gate/gate.sock'), '')
}
const found = (given: { data?: string } = {}, environment: Readonly<Record<string, string>> = {}) =>
  findGate({ HOME: folder, ...environment }, 1000, given, system).socket?.data

test('one of the user’s own that was ended does not stand in the way of the system’s', async () => {
  await gate(own, 7441, false)
  await gate(system, 7440, true)
  expect(found()).toBe(system)
  expect(found({ data: own })).toBe(own)
  expect(found({}, { SEKISHO_DATA: own })).toBe(own)
})
test('while it runs the user’s own is meant, and where neither runs too', async () => {
  await gate(own, 7441, true)
  await gate(system, 7440, true)
  expect(found()).toBe(own)
  await rm(join(own, 'gate/gate.sock'))
  await rm(join(system, 'gate/gate.sock'))
  expect(found()).toBe(own)
})
test('without one of the user’s own the system’s is meant', async () => {
  await gate(system, 7440, false)
  expect(found()).toBe(system)
})
test('a directory is meant from where it is typed, whoever is handed it', () => {
  expect(findGate({ HOME: folder }, 1000, { data: 'here/d' }, system).data).toBe(resolve('here/d'))
  expect(findGate({ HOME: folder, SEKISHO_DATA: 'd' }, 1000, {}, system).data).toBe(resolve('d'))
})
