import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../../../tests/until.ts'
import { SekishoError } from '../../base/error.ts'
import { isObject } from '../../base/json.ts'
import { systemClock } from '../../sys/clock.ts'
import { ERROR_WORDS, reader } from '../../words/errors.ts'
import { type PartOptions, startPart } from './part.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sekisho-part-'))
})
afterEach(() => rm(directory, { recursive: true }))

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const part = (program: string, more: Partial<PartOptions> = {}) =>
  startPart({
    name: 'runner',
    argv: [process.execPath, '-e', program],
    env: {},
    logFile: join(directory, 'log'),
    clock: systemClock,
    log: quiet,
    isReady: async () => false,
    onStart: async () => {},
    signal: new AbortController().signal,
    ...more,
  })

async function refusal(started: Promise<unknown>): Promise<SekishoError> {
  const error: unknown = await started.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof SekishoError)) throw new Error(`no refusal: ${String(error)}`)
  return error
}

test.each([
  ['process.exit(3)', 'exit 3'],
  ['process.kill(process.pid, "SIGKILL")', 'SIGKILL'],
])(
  'a part that dies at its first start is said to not start, how, and where to look (%s)',
  async (program, how) => {
    const { code, detail } = await refusal(part(program))
    expect(code).toBe('gate.part_ends')
    const en = ERROR_WORDS['gate.part_ends'].en(reader(detail))
    expect(en).toEqual({ what: 'runner does not start', why: how, next: [`tail ${directory}/log`] })
    expect(ERROR_WORDS['gate.part_ends'].ja(reader(detail)).what).toBe('runner が起動しません')
  },
)

const LOADS =
  'process.once("message", (m) => { console.log(JSON.stringify(m)); process.send({ port: 1 }) }); process.send({ loaded: true }); setInterval(() => {}, 1000)'

test('a part loads beside what it needs and goes on when that is there', async () => {
  let there: () => void = () => {}
  let asked = 0
  const started = part(LOADS, {
    needs: new Promise<void>((resolve) => {
      there = resolve
    }),
    isReady: async (message) => {
      asked++
      return isObject(message) && message['port'] === 1
    },
    onStart: async () => {
      expect(asked).toBe(0)
      there()
    },
  })
  await (await started).stop()
  expect(await readFile(join(directory, 'log'), 'utf8')).toBe('{"go":true}\n')
})

test('a part whose need fails is ended, and the need is the reason', async () => {
  let pid = 0
  const reason = new SekishoError('store.dies', { times: 1 })
  const started = part(LOADS, {
    needs: Promise.reject(reason),
    onStart: async (given) => {
      pid = given
    },
  })
  expect(await refusal(started)).toBe(reason)
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
})

test('a part that dies while it waits for its need has its own reason', async () => {
  const started = part('process.exit(4)', { needs: new Promise(() => {}) })
  expect((await refusal(started)).detail).toMatchObject({ why: 'exit 4' })
})

test('a part that waits is refused with what it waits for at the first start, and let wait at a later one', async () => {
  const waits = { waits: { code: 'store.unavailable', detail: { why: 'ENOENT' } } }
  const program = (marker: string) => `
    const { existsSync, writeFileSync } = require('node:fs')
    const isAgain = existsSync(${JSON.stringify(marker)})
    writeFileSync(${JSON.stringify(marker)}, '')
    process.send(isAgain || ${JSON.stringify(marker)}.endsWith('first') ? ${JSON.stringify(waits)} : { port: 1 })
    setInterval(() => {}, 1000)
    if (!isAgain && !${JSON.stringify(marker)}.endsWith('first')) setTimeout(() => process.exit(75), 50)`
  const isReady = async (message: unknown) => isObject(message)
  const error = await refusal(part(program(join(directory, 'first')), { isReady }))
  expect([error.code, error.detail]).toEqual(['store.unavailable', { why: 'ENOENT' }])

  const pids: number[] = []
  const told: string[] = []
  const running = await part(program(join(directory, 'later')), {
    isReady,
    onStart: async (pid) => void pids.push(pid),
    log: { ...quiet, info: (_, sentence) => void told.push(sentence) },
  })
  await until('the second start', 20_000, () => told.includes('a part runs again') || undefined)
  expect(pids).toHaveLength(2)
  await running.stop()
})
