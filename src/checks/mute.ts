// Which checks a mute or an acknowledgement names. Pure.
import { type CheckId, familyOf, scopeOf } from './result.ts'

/** `mirai/api`, `mirai/disk:/var`, `mirai/*`, or `*`. */
export const isMutePattern = (pattern: string): boolean =>
  pattern === '*' ||
  /^[a-z0-9][a-z0-9._-]{0,62}\/(?:\*|[a-z0-9][a-z0-9_-]{0,62}(?::[^\0\n]{1,1024})?)$/.test(pattern)

export function isMuted(check: CheckId, pattern: string): boolean {
  return (
    pattern === '*' || pattern === check || pattern === familyOf(check) || pattern === `${scopeOf(check)}/*`
  )
}

/** Of the mutes that hold now the one that ends last. */
export function muteOf<M extends { readonly pattern: string; readonly until: string }>(
  check: CheckId,
  mutes: readonly M[],
  now: string,
): M | undefined {
  return mutes
    .filter(({ pattern, until }) => until > now && isMuted(check, pattern))
    .toSorted((a, b) => (a.until < b.until ? -1 : 1))
    .at(-1)
}

/** Every pattern by which this check can be muted. */
export const patternsOf = (check: CheckId): readonly string[] => [
  ...new Set([check, familyOf(check), `${scopeOf(check)}/*`, '*']),
]

/** The latest end of the mutes that hold now. */
export function mutedUntil<T extends string>(
  check: CheckId,
  mutes: readonly { readonly pattern: string; readonly until: T }[],
  now: T,
): T | undefined {
  return muteOf(check, mutes, now)?.until
}
