// Names of users and groups for their numbers: a copy that is restored on another host goes to the owner of the same name, where one exists.
import { readFileSync } from 'node:fs'

export interface Owners {
  userName(uid: number): string | undefined
  groupName(gid: number): string | undefined
  uid(name: string): number | undefined
  gid(name: string): number | undefined
}

/** From this host's files alone: a directory service could hang. */
export function readOwners(passwd = '/etc/passwd', group = '/etc/group'): Owners {
  const users = table(passwd)
  const groups = table(group)
  return {
    userName: (uid) => users.names.get(uid),
    groupName: (gid) => groups.names.get(gid),
    uid: (name) => users.numbers.get(name),
    gid: (name) => groups.numbers.get(name),
  }
}

function table(path: string): { names: Map<number, string>; numbers: Map<string, number> } {
  const names = new Map<number, string>()
  const numbers = new Map<string, number>()
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    // A host without the file has numbers only.
  }
  for (const line of text.split('\n')) {
    const [name = '', , number = ''] = line.split(':')
    if (!/^[^\0-\x1f\x7f]+$/.test(name) || !/^\d+$/.test(number)) continue
    if (!names.has(Number(number))) names.set(Number(number), name)
    if (!numbers.has(name)) numbers.set(name, Number(number))
  }
  return { names, numbers }
}
