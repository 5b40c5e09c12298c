// Who may end an isolation of a host with several services.
import { expect, test } from 'vitest'
import { isolationRefused } from './gather.ts'

test('a change of another service does not end the isolation of this one', async () => {
  const port = (service: string | undefined) => ({ service: async () => service })
  const plan = { pattern: 'isolation', service: 'shop' } as const
  expect(await isolationRefused(plan as never, port('mirai'))).toMatchObject({
    code: 'isolation.other_service',
    detail: { service: 'mirai', own: 'shop' },
  })
  expect(await isolationRefused(plan as never, port('shop'))).toBe(undefined)
  expect(await isolationRefused(plan as never, port(undefined))).toBe(undefined)
  expect(await isolationRefused({ pattern: 'config', service: 'shop' } as never, port('mirai'))).toBe(
    undefined,
  )
})
