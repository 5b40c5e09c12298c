// Which of two versions is the later one: semantic versions for npm and Go, PEP 440 for PyPI. Pure.
import type { Ecosystem } from './advisories.ts'

const SEMVER = /^[v=]?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/
const PEP440 =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?$/i

export function isVersion(ecosystem: Ecosystem, version: string): boolean {
  return (ecosystem === 'PyPI' ? PEP440 : SEMVER).test(version)
}

/** Below, at or above zero. One that cannot be read counts as the earliest. */
export function compareVersions(ecosystem: Ecosystem, a: string, b: string): number {
  const keys = ecosystem === 'PyPI' ? [pepKey(a), pepKey(b)] : [semverKey(a), semverKey(b)]
  return compareKeys(keys[0] ?? [], keys[1] ?? [])
}

type Key = readonly (number | string | Key)[]

/** Numbers below texts, a shorter list below a longer one that begins alike. */
function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [one, other] = [a[i], b[i]]
    if (one === undefined) return -1
    if (other === undefined) return 1
    const found =
      typeof one === 'number' && typeof other === 'number'
        ? one - other
        : typeof one === 'string' && typeof other === 'string'
          ? one < other
            ? -1
            : one > other
              ? 1
              : 0
          : typeof one === 'object' && typeof other === 'object'
            ? compareKeys(one, other)
            : typeof one === 'number'
              ? -1
              : 1
    if (found !== 0) return found
  }
  return 0
}

/** A release stands above all that lead to it. */
function semverKey(text: string): Key {
  const found = SEMVER.exec(text)
  if (found === null) return []
  const [, major = '0', minor = '0', patch = '0', before] = found
  const parts = before?.split('.').map((one) => (/^\d+$/.test(one) ? Number(one) : one))
  return [Number(major), Number(minor), Number(patch), parts === undefined ? 1 : 0, parts ?? []]
}

const PHASES: Readonly<Record<string, number>> = {
  a: 1,
  alpha: 1,
  b: 2,
  beta: 2,
  c: 3,
  rc: 3,
  pre: 3,
  preview: 3,
}
/** `1.0.dev1 < 1.0a1 < 1.0rc1 < 1.0 < 1.0.post1` */
function pepKey(text: string): Key {
  const found = PEP440.exec(text)
  if (found === null) return []
  const [, epoch = '0', release = '', phase, count = '', dash, post, postCount = '', dev, devCount = ''] =
    found
  const numbers = release.split('.').map(Number)
  while (numbers.length > 1 && numbers.at(-1) === 0) numbers.pop()
  const isPost = post !== undefined || dash !== undefined
  const isDev = dev !== undefined
  const before = phase === undefined ? (isDev && !isPost ? 0 : 4) : (PHASES[phase.toLowerCase()] ?? 0)
  return [
    Number(epoch),
    numbers,
    before,
    Number(count === '' ? 0 : count),
    isPost ? Number(dash ?? (postCount === '' ? 0 : postCount)) + 1 : 0,
    isDev ? 0 : 1,
    Number(devCount === '' ? 0 : devCount),
  ]
}
