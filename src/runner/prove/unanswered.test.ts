import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { OWN_REFERRER } from '../../base/own-request.ts'
import { markLog } from '../../host/error-log.ts'
import { statusOf, unanswered } from './unanswered.ts'

const line = (status: number) =>
  `127.0.0.1 - - [01/Dec/2026:12:00:00 +0000] "GET /a" ${status} 12 "-" "curl/8"\n`

test('part of N25: what the proxy could not reach since the mark is counted, and nothing before it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-access-'))
  try {
    const log = join(directory, 'access.log')
    writeFileSync(log, line(502) + line(200))
    const mark = await markLog(log)
    appendFileSync(log, [200, 502, 504, 500, 404, 502].map(line).join(''))
    appendFileSync(log, '{"status":502,"uri":"/"}\n{"status": "200"}\n')
    appendFileSync(log, line(502).replace('"-"', `"${OWN_REFERRER}"`))
    expect(await unanswered(mark)).toEqual({ log, requests: 8, lost: 4, whole: true })
    expect(await unanswered({ ...mark, path: join(directory, 'none') })).toEqual({})
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a line that holds no status says nothing', () => {
  expect(statusOf('a line')).toBeUndefined()
})
