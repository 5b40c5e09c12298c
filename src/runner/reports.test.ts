// Reports are read by the real child, which has no rights where we are root.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../sys/process.ts'
import { readReports } from './reports.ts'

const child = {
  process: run,
  command: [process.execPath, join(import.meta.dirname, 'main.ts')],
  root: process.geteuid?.() === 0,
}
const bytes = (text: string) => new TextEncoder().encode(text)

test('figures come back as they were read, and a report that is none is a fault', async () => {
  const good = await readReports(child, {
    results: {
      format: 'junit',
      files: [
        bytes('<s><testcase name="a"/></s>'),
        bytes('<s><testcase name="あ"><failure/></testcase></s>'),
      ],
    },
    coverage: {
      format: 'lcov',
      bytes: bytes('SF:/srv/a/x.js\nDA:1,1\nDA:2,0\nend_of_record\n'),
      root: '/srv/a',
    },
  })
  expect(good).toEqual({
    results: {
      ok: true,
      cases: [
        { name: 'a', state: 'passed' },
        { name: 'あ', state: 'failed' },
      ],
    },
    coverage: { ok: true, files: [{ path: 'x.js', hit: [1], missed: [2] }] },
  })
  const bad = await readReports(child, { results: { format: 'junit', files: [bytes('<'.repeat(10))] } })
  expect(bad.results).toMatchObject({ ok: false, fault: 'unreadable' })
})

test('where the child does not answer, nothing is known', async () => {
  const broken = {
    ...child,
    process: async () => ({ ...(await run(['false'])), stdout: '{"results":{"ok":true}}' }),
  }
  expect((await readReports(broken, { results: { format: 'junit', files: [] } })).results).toMatchObject({
    ok: false,
  })
  const lying = {
    ...child,
    process: async () => ({ ...(await run(['true'])), stdout: '{"results":{"ok":true}}' }),
  }
  expect((await readReports(lying, { results: { format: 'junit', files: [] } })).results).toEqual({
    ok: false,
    fault: 'unreadable',
    why: 'answer',
  })
})
