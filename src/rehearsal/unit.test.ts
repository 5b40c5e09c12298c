import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ProcessResult } from '../sys/process.ts'
import { accountOf } from './accounts.ts'
import { expandWords, objectPath, readRehearsedUnit, unitOf } from './unit.ts'
import { environmentOf, madeDotenv, madeUnit } from './variables.ts'

/** As busctl of systemd 257 printed it of the reference service. */
const RECORDED = readFileSync(join(import.meta.dirname, 'fixtures/mirai-unit.json'), 'utf8')
const NAME = 'mirai-knowledge-system.service'
const random = { bytes: (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * 37 + 11) % 256) }

function mirai() {
  const unit = unitOf(NAME, RECORDED)
  if (unit === undefined) throw new Error('not read')
  return unit
}

describe('a unit as PID 1 says it', () => {
  test('programs, user, files of variables, directories; what a room does not do is named', () => {
    expect(mirai()).toMatchObject({
      start: [{ path: '/usr/local/bin/node', argv: ['/usr/local/bin/node', '/srv/mirai/src/main.ts'] }],
      before: [],
      user: 'mirai',
      group: 'mirai',
      environmentFiles: [{ path: '/srv/mirai/.env', optional: false }],
      workingDirectory: '/srv/mirai',
      writable: ['/var/lib/mirai', '/var/log/mirai'],
      stopSignal: 15,
      stopMs: 5_000,
      startMs: 90_000,
      notApplied: ['Type=notify', 'ExecReload'],
    })
  })

  test('is asked by its path on the bus', async () => {
    expect(objectPath('a-b.service')).toBe('/org/freedesktop/systemd1/unit/a_2db_2eservice')
    const asked: (readonly string[])[] = []
    const run = (argv: readonly string[]): Promise<ProcessResult> => {
      asked.push(argv)
      return Promise.resolve({ code: 0, stdout: RECORDED, stderr: '' } as ProcessResult)
    }
    expect(await readRehearsedUnit(NAME, { run })).toEqual(mirai())
    expect(asked[0]).toContain('/org/freedesktop/systemd1/unit/mirai_2dknowledge_2dsystem_2eservice')
    const silent = () => Promise.resolve({ code: 0, stdout: '{}', stderr: '' } as ProcessResult)
    await expect(readRehearsedUnit(NAME, { run: silent })).rejects.toMatchObject({ code: 'process.failed' })
  })

  test('whatever is answered, it is a unit or none', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        unitOf(NAME, text)
        unitOf(
          NAME,
          `{"type":"a{sv}","data":[{"ExecStartEx":{"data":${text}},"Environment":{"data":${text}}}]}`,
        )
      }),
    )
  })

  test('variables stand in words as systemd puts them in', () => {
    const words = (argv: readonly string[], asWritten = false) =>
      expandWords(
        { path: '/bin/app', argv: ['app', ...argv], mayFail: false, asWritten },
        { A: 'one two', B: 'b' },
      )
    expect(words(['$A', 'x${B}y', '$$B', '$NONE', '${NONE}', 'a$B'])).toEqual([
      '/bin/app',
      'one',
      'two',
      'xby',
      '$B',
      '',
      'a$B',
    ])
    expect(words(['$A'], true)).toEqual(['/bin/app', '$A'])
  })

  test('its environment comes from the unit, then from its files; a required file that is missing is named', () => {
    const unit = {
      ...mirai(),
      environment: ['A=1', 'B=2'],
      unset: ['B'],
      directories: [{ path: '/run/x', mode: 0o755, variable: 'RUNTIME_DIRECTORY' }],
    }
    const read = (text?: string) => () => (text === undefined ? undefined : Buffer.from(text))
    expect(environmentOf(unit, { name: 'mirai' }, read('A=3\n')).env).toMatchObject({
      A: '3',
      USER: 'mirai',
      RUNTIME_DIRECTORY: '/run/x',
    })
    expect(environmentOf(unit, { name: 'mirai' }, read('A=3\n')).env).not.toHaveProperty('B')
    expect(environmentOf(unit, { name: 'mirai' }, read()).missing).toBe('/srv/mirai/.env')
  })

  test('secrets are replaced by values of the same shape, settings stay', () => {
    const text = 'PORT=8080\nAPI_TOKEN=Ab3-xyz\nDATABASE_URL=postgres://u:hunter22@db/x\nREAL_KEY=keep1\n'
    const made = madeDotenv(Buffer.from(text), ['REAL_KEY'], random)
    const lines = Buffer.from(made?.bytes ?? [])
      .toString('utf8')
      .split('\n')
    expect(lines[0]).toBe('PORT=8080')
    expect(lines[1]).toMatch(/^API_TOKEN=[A-Z][a-z]\d-[a-z]{3}$/)
    expect(lines[1]).not.toBe('API_TOKEN=Ab3-xyz')
    expect(lines[2]).toMatch(/^DATABASE_URL=postgres:\/\/u:[a-z]{6}\d\d@db\/x$/)
    expect(lines[2]).not.toContain('hunter22')
    expect(lines[3]).toBe('REAL_KEY=keep1')
    expect([made?.made, made?.given]).toEqual([['API_TOKEN', 'DATABASE_URL'], ['REAL_KEY']])
    const unit = madeUnit({ ...mirai(), environment: ['PORT=1', 'APP_SECRET=abcd'] }, [], random)
    expect(unit.made).toEqual(['APP_SECRET'])
    expect(unit.unit.environment[0]).toBe('PORT=1')
    expect(unit.unit.environment[1]).toMatch(/^APP_SECRET=(?!abcd)[a-z]{4}$/)
  })

  test('who it runs as; root is not rehearsed', () => {
    const owners = {
      uid: (name: string) => (name === 'mirai' ? 901 : undefined),
      gid: (name: string) => (name === 'mirai' ? 902 : undefined),
      userName: () => 'mirai',
      groupName: () => 'mirai',
    }
    expect(accountOf(mirai(), owners)).toMatchObject({ uid: 901, gid: 902, name: 'mirai' })
    expect(accountOf({ ...mirai(), user: '' }, owners)).toBe('root')
    expect(accountOf({ ...mirai(), user: '0' }, owners)).toBe('root')
    expect(accountOf({ ...mirai(), user: 'nobody-here' }, owners)).toBeUndefined()
  })
})

test('of a file of variables only what is plainly no secret stays, whatever its name is', () => {
  const text = [
    'PORT=8080',
    'LOG_LEVEL=info',
    'DATA_DIR=/var/lib/x',
    'API=http://127.0.0.1:9/v1',
    'LANG=ja_JP.UTF-8',
    'DB_USER=mirai',
    'SMTP_PW=hunter22x',
    'SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T0AA/B0BB/xYz123abc',
    'GITHUB_PAT=ghp_abcdefgh',
    'ENCRYPTION_KEYS=aaaa,bbbb',
    'REAL=kept-as-is-1',
  ].join('\n')
  const made = madeDotenv(Buffer.from(text), ['REAL'], random)
  const said = Buffer.from(made?.bytes ?? []).toString('utf8')
  for (const secret of ['hunter22x', 'T0AA', 'xYz123abc', 'abcdefgh', 'aaaa,bbbb'])
    expect(said).not.toContain(secret)
  expect(said).toContain('SLACK_WEBHOOK_URL=https://hooks.slack.com/')
  expect(said).toContain('REAL=kept-as-is-1')
  expect(made?.stayed).toEqual(['PORT', 'LOG_LEVEL', 'DATA_DIR', 'API', 'LANG', 'DB_USER'])
  expect(made?.given).toEqual(['REAL'])
})
