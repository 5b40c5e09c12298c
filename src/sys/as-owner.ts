// What root does in somebody else's directory, with no more rights than they have: a link that they plant leads nowhere that they could
// not write themselves.

import { lstat } from 'node:fs/promises'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Runs with the rights of the owner where this process is root and the owner is not. One at a time: rights are those of the whole process. */
export function asOwner<T>(owner: Owner, act: () => Promise<T>): Promise<T> {
  const turn = last.then(() => withRightsOf(owner, act))
  last = turn.then(nothing, nothing)
  return turn
}

let last: Promise<unknown> = Promise.resolve()
const nothing = () => {}

async function withRightsOf<T>({ uid, gid }: Owner, act: () => Promise<T>): Promise<T> {
  const { geteuid, getegid, getgroups, setgroups, setegid, seteuid } = process
  if (
    geteuid?.() !== 0 ||
    uid === 0 ||
    getegid === undefined ||
    getgroups === undefined ||
    setgroups === undefined ||
    setegid === undefined ||
    seteuid === undefined
  )
    return act()
  const [group, groups] = [getegid(), getgroups()]
  setgroups([gid])
  setegid(gid)
  seteuid(uid)
  try {
    return await act()
  } finally {
    seteuid(0)
    setegid(group)
    setgroups(groups)
  }
}

/** The first link on the way to a place that somebody other than root made; undefined where there is none, or this process is not root. */
export async function plantedLink(path: string): Promise<string | undefined> {
  if (process.geteuid?.() !== 0) return undefined
  let at = ''
  for (const name of path.split('/').filter((one) => one !== '')) {
    at += `/${name}`
    const found = await lstat(at).catch(() => undefined)
    if (found?.isSymbolicLink() === true && found.uid !== 0) return at
  }
  return undefined
}
