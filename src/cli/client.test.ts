import { expect, test } from 'vitest'
import { Client } from './client.ts'
import type { Ask } from './gate-socket.ts'

/** A client of a gate that answers what the test says; what was asked stands in `asked`. */
function clientOf(answer: object | string, status = 200) {
  const asked: { readonly address: string; readonly method: string; readonly body?: unknown }[] = []
  const ask = (async (address: string, init: { method?: string; body?: string } = {}) => {
    const { method = '', body } = init
    asked.push({ address, method, ...(body === undefined ? {} : { body: JSON.parse(body) as unknown }) })
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer), { status })
  }) as Ask
  const client = new Client({ url: 'http://gate', language: 'en', ask, start: 'sekisho up', key: () => 'k' })
  return { client, asked }
}

test('names of the path go into the path, escaped, and the rest into the body', async () => {
  const { client, asked } = clientOf({ accepted: true, joined: false })
  expect(await client.call('backupOrder', { name: 'a/b', work: 'verify', all: true })).toEqual({
    accepted: true,
    joined: false,
  })
  expect(asked).toEqual([
    {
      address: 'http://gate/api/v1/services/a%2Fb/backups',
      method: 'POST',
      body: { work: 'verify', all: true },
    },
  ])
})

test('of an operation that reads, the rest goes into the query, without what is not given', async () => {
  const { client, asked } = clientOf({ hits: [] })
  await client.call('recordSearch', { text: 'a b', before: undefined, limit: 5 })
  expect(asked).toEqual([{ address: 'http://gate/api/v1/records?text=a+b&limit=5', method: 'GET' }])
})

test('what acts and asks for nothing sends an empty body', async () => {
  const { client, asked } = clientOf({ text: 'x', expires: '2026-11-29T00:00:00.000Z' })
  await client.call('forkStatement')
  expect(asked).toEqual([{ address: 'http://gate/api/v1/ledger/fork/statement', method: 'POST', body: {} }])
})

test('an answer of another shape is a fault, and a text is taken as it comes', async () => {
  await expect(clientOf({ facts: 'none' }).client.call('doctor')).rejects.toThrow(/facts/)
  expect(await clientOf('+ a line').client.call('changeDiff', { id: 'CHG-2026-0001' })).toBe('+ a line')
})

test('a refusal of the gate carries its code, and anything else is a gate that cannot be reached', async () => {
  const problem = { type: 'x', title: 'No.', status: 403, code: 'may.role_missing', values: {} }
  await expect(clientOf(problem, 403).client.call('status')).rejects.toMatchObject({ problem })
  await expect(clientOf('<html>', 502).client.call('status')).rejects.toMatchObject({
    code: 'gate.unreachable',
  })
})
