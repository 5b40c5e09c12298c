// One answer to a proposal, whatever stands under a new name in a directory that others may not enter.
import { expect, test } from 'vitest'
import type { FileView, Look } from '../../host/file-view.ts'
import { run } from '../../sys/process.ts'
import { validateNginx } from './validate-nginx.ts'
import { validateUnit } from './validate-unit.ts'

const file = (text: string | Uint8Array, mode = 0o644): Look => ({
  kind: 'file',
  bytes: Buffer.from(text),
  mode,
  uid: 0,
  gid: 0,
})

/** Directories follow from the files; those named are closed to others. */
function viewOf(files: Readonly<Record<string, Look>>, closed: readonly string[]): FileView {
  return {
    look(path) {
      if (files[path] !== undefined) return files[path]
      const prefix = path === '/' ? '/' : `${path}/`
      const names = Object.keys(files)
        .filter((one) => one.startsWith(prefix))
        .map((one) => one.slice(prefix.length).split('/')[0] ?? '')
      if (names.length === 0 && !closed.includes(path)) return undefined
      const found = { kind: 'directory', names: [...new Set(names)] } as const
      return closed.includes(path) ? { ...found, closed: true } : found
    },
  }
}

const MAIN = 'events {}\nhttp { include /etc/nginx/conf.d/*.conf; }\n'
const request = { sandbox: { available: false, why: 'none' }, scratch: '/tmp', process: run } as const

async function nginx(line: string, hidden: Readonly<Record<string, Look>>, inForce = '') {
  const live = viewOf(
    {
      '/etc/nginx/nginx.conf': file(MAIN),
      '/etc/nginx/conf.d/old.conf': file(`server { listen 80; ${inForce} }`),
      ...hidden,
    },
    ['/root'],
  )
  const site = Buffer.from(`server { listen 81; ${line} }`)
  const { milliseconds: _, ...answer } = await validateNginx({
    ...request,
    hostAddresses: [],
    live,
    changes: [
      {
        path: '/etc/nginx/conf.d/new.conf',
        after: { kind: 'file', bytes: site, mode: 0o644, uid: 0, gid: 0 },
      },
    ],
  })
  return answer
}

const WORLDS: readonly Readonly<Record<string, Look>>[] = [
  {},
  { '/root/x': file(Buffer.alloc(49), 0o600) },
  { '/root/x': file(Buffer.alloc(48)) },
  { '/root/x': file('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n') },
  { '/root/x/y': file('') },
]

test.each([
  'ssl_session_ticket_key /root/x;',
  'ssl_password_file /root/x;',
  'ssl_certificate /root/x; ssl_certificate_key /root/x;',
  'ssl_trusted_certificate /root/x;',
  'auth_basic_user_file /root/x;',
  'ssl_dhparam /root/x;',
])('a new name behind a closed door gets one answer, whatever is there: %s', async (line) => {
  const answers = await Promise.all(WORLDS.map((world) => nginx(line, world)))
  for (const answer of answers) expect(answer).toEqual(answers[0])
  const codes = answers[0]?.problems.map(({ code }) => code) ?? []
  expect(codes.some((code) => code === 'nginx.name_hidden' || code === 'nginx.name_not_looked')).toBe(true)
})

test('what is in force already is looked at, and so is the next certificate beside it', async () => {
  const world = { '/root/x': file('a'), '/root/z': file('b') }
  const codes = async (line: string, inForce: string) =>
    (await nginx(line, world, inForce)).problems.map(({ code }) => code)
  const ticket = 'ssl_session_ticket_key /root/x;'
  expect(await codes(ticket, ticket)).toEqual(['sandbox.unavailable'])
  expect(await codes('ssl_certificate /root/z;', 'ssl_certificate /root/x;')).toEqual(['sandbox.unavailable'])
})

test('an environment file behind a closed door gets one answer; one that everybody may look for is found missing', async () => {
  const answer = async (files: Readonly<Record<string, Look>>, path: string) => {
    const unit = Buffer.from(`[Service]\nExecStart=/usr/bin/true\nEnvironmentFile=${path}\n`)
    const live = viewOf(
      { '/etc/systemd/system/a.service': file('[Service]\nExecStart=/usr/bin/true\n'), ...files },
      ['/root'],
    )
    const { milliseconds: _, ...rest } = await validateUnit({
      ...request,
      live,
      unit: 'a.service',
      changes: [
        {
          path: '/etc/systemd/system/a.service',
          after: { kind: 'file', bytes: unit, mode: 0o644, uid: 0, gid: 0 },
        },
      ],
    })
    return rest
  }
  const there = await answer({ '/root/x': file('A=1\n') }, '/root/x')
  expect(await answer({}, '/root/x')).toEqual(there)
  expect(there.problems.map(({ code }) => code)).toContain('unit.environment_file_not_looked')
  const open = await answer({}, '/srv/x')
  expect(open.problems.map(({ code }) => code)).toContain('unit.environment_file_missing')
})
