import { expect, test } from 'vitest'
import type { Service } from '../plans/policy.ts'
import { publicValues } from './public-values.ts'

const service = (url: string) =>
  ({
    name: 'app',
    unit: 'app.service',
    health: { url },
    files: [{ path: '/srv/app/.env' }],
    logs: { error: '/var/log/app.log' },
  }) as unknown as Service

test('an address that the inventory declares is public, whole and in parts', () => {
  const values = publicValues([service('http://127.0.0.1:8000/health')])
  for (const one of [
    'http://127.0.0.1:8000/health',
    'http://127.0.0.1:8000',
    'http://127.0.0.1:8000/',
    '127.0.0.1:8000',
    'app.service',
    '/var/log/app.log',
  ])
    expect(values.has(one), one).toBe(true)
  expect(values.has('postgresql://app:hunter2-and-more@127.0.0.1/app')).toBe(false)
})

test('a password that stands in a declared address stays a secret', () => {
  const values = publicValues([service('http://ops:hunter2-and-more@127.0.0.1:8000/health')])
  expect([...values].some((one) => one.includes('hunter2'))).toBe(false)
  expect(values.has('127.0.0.1:8000')).toBe(true)
})
