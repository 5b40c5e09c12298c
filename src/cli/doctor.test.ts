// `doctor` where the gate tells nothing: what it sees by itself, and what can be typed then.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { placesOf } from '../app/places.ts'
import { EXIT } from '../base/error-codes.ts'
import { main } from './main.ts'
import { written } from './test-streams.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'sk-doctor-'))
  await mkdir(join(data, 'etc/compiled'), { recursive: true })
})
afterEach(() => rm(data, { recursive: true }))

async function doctor(url: string) {
  const to = written()
  const exit = await main(['doctor', '--json', '--data', data, '--url', url], {
    environment: { HOME: data },
    streams: to.streams,
    stdin: async () => Buffer.alloc(0),
    uid: process.getuid?.() ?? 0,
    interrupted: new AbortController().signal,
  })
  const { facts } = JSON.parse(to.out()) as { facts: { code: string }[] }
  return { exit, codes: facts.map(({ code }) => code).filter((code) => !code.startsWith('doctor.guard')) }
}

const DOWN = 'http://127.0.0.1:9'

test('with the gate down it says how far the rules are', async () => {
  const { source, compiledRunner } = placesOf(data)
  expect(await doctor(DOWN)).toEqual({
    exit: EXIT.failed,
    codes: ['doctor.gate_unreachable', 'doctor.no_rules'],
  })
  await writeFile(source, 'services: {}\n')
  expect((await doctor(DOWN)).codes).toEqual(['doctor.gate_unreachable', 'doctor.rules_never_applied'])
  await writeFile(compiledRunner, '{}')
  expect((await doctor(DOWN)).codes).toEqual(['doctor.gate_unreachable'])
})

test('who is not logged in learns what stands before a login, and else that it is the login', async () => {
  const gate = createServer((_, answer) => answer.end('{}'))
  await new Promise<void>((done) => gate.listen(0, '127.0.0.1', done))
  const address = gate.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  try {
    expect(await doctor(url)).toEqual({ exit: EXIT.failed, codes: ['doctor.no_rules'] })
    await writeFile(placesOf(data).compiledRunner, '{}')
    expect(await doctor(url)).toEqual({ exit: EXIT.failed, codes: ['doctor.not_logged_in'] })
  } finally {
    gate.close()
  }
})
