// Rules of the collectors on fixture texts: updates, log rotation, lock files and versions.
import { describe, expect, test } from 'vitest'
import { affectedBy, type Ecosystem, isAffected, lockedIn } from './advisories.ts'
import { judgeRotation } from './rotation.ts'
import { judgeUpdates, offeredBy, releaseOf } from './updates.ts'
import { compareVersions, isVersion } from './versions.ts'

const NOW = Date.UTC(2026, 10, 25, 12)
const DAY = 86_400_000
const SUITE = 'security.debian.org_debian-security_dists_trixie-security_InRelease'
const release = (days: number, until?: number) =>
  releaseOf(
    SUITE,
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nDate: ${new Date(NOW - days * DAY).toUTCString()}\n${until === undefined ? '' : `Valid-Until: ${new Date(NOW + until * DAY).toUTCString()}\n`}`,
  )
const SIMULATED = `Reading package lists...
The following packages have been kept back:
  linux-image-amd64 podman
  udev
The following packages will be upgraded:
  openssl
Inst openssl [3.0.11-1] (3.0.13-1 Debian-Security:12/stable-security [amd64])
Inst tzdata [2024a] (2024b Debian:12.5/stable [all])
Conf openssl (3.0.13-1 Debian-Security:12/stable-security [amd64])
`

describe('part of N27: what is said of updates has the age of its data', () => {
  const judge = (releases: ReturnType<typeof release>[], simulated = SIMULATED) =>
    judgeUpdates({ releases, simulated, held: [], runningOld: [], unseen: 0 }, NOW)
  test('offered updates of the security suite, apart from the others and from what is kept back', () => {
    expect(offeredBy(SIMULATED)).toEqual({
      security: ['openssl'],
      other: ['tzdata'],
      keptBack: ['linux-image-amd64', 'podman', 'udev'],
    })
    const [security, kept, held, running] = judge([release(1, 6)])
    expect(security).toMatchObject({
      state: 'red',
      code: 'check.updates_offered',
      values: { names: 'openssl', ageMs: DAY },
    })
    expect(kept).toMatchObject({ state: 'warning', value: 3 })
    expect([held?.state, running?.state]).toEqual(['good', 'good'])
  })
  test('what the package manager did not say, or nobody could read, is no data', () => {
    const seen = { releases: [release(1, 6)], simulated: '', runningOld: [], unseen: 3 }
    expect(judgeUpdates(seen, NOW).map(({ part, state }) => [part, state])).toEqual([
      ['security', 'good'],
      ['kept_back', 'good'],
      ['held', 'no_data'],
      ['running', 'no_data'],
    ])
    expect(judgeUpdates({ ...seen, runningOld: ['nginx'] }, NOW)[3]?.state).toBe('warning')
  })
  test('without the list of the security suite, or with an old one, nothing is called good', () => {
    expect(judge([], '')).toEqual([{ state: 'no_data', code: 'check.updates_no_source', values: {} }])
    expect(judge([release(9, -2)], '')[0]).toMatchObject({ state: 'no_data', code: 'check.updates_stale' })
    expect(judge([release(11)], '')[0]).toMatchObject({ state: 'no_data' })
    expect(judge([releaseOf(SUITE, 'no fields')], '')[0]).toMatchObject({ state: 'no_data' })
    expect(judge([release(1, 6)], '')[0]).toMatchObject({ state: 'good', code: 'check.updates_none' })
  })
})

test('part of S50: a log that is not rotated, or a service that writes to the rotated one, is red', () => {
  const log = (bytes: number, oldestDays = 1, mtimeMs = NOW) => ({
    bytes,
    mtimeMs,
    oldestMs: NOW - oldestDays * DAY,
  })
  const of = (one: Parameters<typeof judgeRotation>[0]) => judgeRotation(one, NOW).code
  const rotated = [{ name: 'error.log.1', bytes: 9, mtimeMs: NOW }]
  expect(of({ path: '/l', log: log(9), rotated })).toBe('check.rotation')
  expect(of({ path: '/l', rotated })).toBe('check.rotation_no_log')
  expect(of({ path: '/l', log: log(2 * 1024 ** 3), rotated })).toBe('check.rotation_large')
  expect(of({ path: '/l', log: log(20 * 1_048_576, 40), rotated })).toBe('check.rotation_old')
  expect(of({ path: '/l', log: log(1000, 40), rotated })).toBe('check.rotation')
  expect(of({ path: '/l', log: log(0, 1, NOW - 3_600_000), rotated })).toBe('check.rotation_stuck')
  const folded = [{ name: 'error.log.1.gz', bytes: 9, mtimeMs: NOW }]
  expect(of({ path: '/l', log: log(0, 1, NOW - 3_600_000), rotated: folded })).toBe('check.rotation')
})

describe('part of N27 and S50: lock files against advisories', () => {
  test('versions are ordered by the rules of their ecosystem', () => {
    const ordered: Readonly<Record<Ecosystem, readonly string[]>> = {
      npm: ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-beta', '1.0.0-rc.1', '1.0.0', '1.2.0', '1.10.0', '2.0.0'],
      Go: ['0.0.0-20190101000000-abcdefabcdef', '0.1.0', '1.0.0', '1.0.1'],
      PyPI: ['1.0.dev1', '1.0a1', '1.0b2', '1.0rc1', '1.0', '1.0.post1', '1.0.1', '1.9', '1.10', '2!0.1'],
    }
    for (const [ecosystem, versions] of Object.entries(ordered) as [Ecosystem, readonly string[]][])
      for (const [i, a] of versions.entries())
        for (const [k, b] of versions.entries())
          expect(Math.sign(compareVersions(ecosystem, a, b)), `${a} ${b}`).toBe(Math.sign(i - k))
    expect(compareVersions('PyPI', '1.0', '1.0.0')).toBe(0)
    expect(isVersion('npm', 'git+ssh://x')).toBe(false)
  })

  test('what a lock file holds: npm, pip with exact and loose lines, go', () => {
    const npm = JSON.stringify({
      lockfileVersion: 3,
      packages: {
        '': { name: 'app' },
        'node_modules/a': { version: '1.2.3' },
        'node_modules/a/node_modules/@x/b': { version: '0.1.0' },
      },
    })
    expect(lockedIn('/srv/package-lock.json', npm)?.packages).toEqual([
      { ecosystem: 'npm', name: 'a', version: '1.2.3' },
      { ecosystem: 'npm', name: '@x/b', version: '0.1.0' },
    ])
    expect(lockedIn('/srv/package-lock.json', '{')).toBeUndefined()
    expect(
      lockedIn(
        '/srv/requirements.txt',
        'Flask==2.0.1 ; python_version > "3"\nrequests>=2\n# no\n-r other.txt\n',
      ),
    ).toEqual({
      packages: [{ ecosystem: 'PyPI', name: 'flask', version: '2.0.1' }],
      loose: 2,
    })
    const sum = 'golang.org/x/net v0.1.0 h1:abc=\ngolang.org/x/net v0.1.0/go.mod h1:def=\n'
    expect(lockedIn('/srv/go.sum', sum)?.packages).toEqual([
      { ecosystem: 'Go', name: 'golang.org/x/net', version: '0.1.0' },
    ])
  })

  test('ranges with fixed and last affected versions, listed versions, and what was withdrawn', () => {
    const record = (more: object, events: object[]) => ({
      id: 'GHSA-x',
      modified: '2026-11-20T00:00:00Z',
      affected: [
        {
          package: { ecosystem: 'npm', name: 'a' },
          ranges: [{ type: 'SEMVER', events }],
          versions: ['9.9.9'],
        },
      ],
      ...more,
    })
    const is = (version: string, events: object[]) => {
      const [by] = affectedBy(record({}, events)).affected
      return by === undefined ? 'none' : isAffected({ ecosystem: 'npm', name: 'a', version }, by)
    }
    const fixed = [{ introduced: '0' }, { fixed: '1.2.0' }, { introduced: '2.0.0' }, { fixed: '2.0.5' }]
    expect(['1.1.9', '1.2.0', '1.9.0', '2.0.4', '2.0.5', '9.9.9'].map((one) => is(one, fixed))).toEqual([
      true,
      false,
      false,
      true,
      false,
      true,
    ])
    const last = [{ introduced: '1.0.0' }, { last_affected: '1.5.0' }]
    expect(['0.9.0', '1.5.0', '1.5.1'].map((one) => is(one, last))).toEqual([false, true, false])
    expect(is('file:../a', fixed)).toBeUndefined()
    expect(affectedBy(record({ withdrawn: '2026-11-21T00:00:00Z' }, fixed)).affected).toEqual([])
  })
})

test('part of N27: an advisory that names commits alone leaves it open whether a version is affected', () => {
  const record = (more: object) => ({
    id: 'GHSA-1',
    modified: '2026-11-01T00:00:00Z',
    affected: [{ package: { ecosystem: 'npm', name: 'a' }, ranges: [{ type: 'GIT', events: [] }], ...more }],
  })
  const is = (more: object) => {
    const [by] = affectedBy(record(more)).affected
    return by === undefined ? 'none' : isAffected({ ecosystem: 'npm', name: 'a', version: '1.0.0' }, by)
  }
  expect(is({})).toBe(undefined)
  expect(is({ versions: ['0.9.0'] })).toBe(false)
  expect(is({ versions: ['1.0.0'] })).toBe(true)
})
