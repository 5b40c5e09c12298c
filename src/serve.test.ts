// What a part of `sekisho up` writes when it cannot start: one line of JSON for its log, and the reason for its starter.
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

async function started(): Promise<{ readonly log: string; readonly told: readonly unknown[] }> {
  const child = fork(join(import.meta.dirname, 'serve.ts'), ['store', '--data', '/proc/none'], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  })
  let log = ''
  const told: unknown[] = []
  child.stderr?.on('data', (bytes) => {
    log += String(bytes)
  })
  child.on('message', (message) => told.push(message))
  await new Promise((resolve) => child.once('close', resolve))
  return { log, told }
}

test('part of S56: a part that ends writes JSON, and names its reason to its starter', async () => {
  const { log, told } = await started()
  const lines = log.trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { part?: string }).part)).toEqual(['store'])
  expect(told).toEqual([
    { failed: expect.objectContaining({ code: expect.stringMatching(/^(store|file)\./) }) },
  ])
})
