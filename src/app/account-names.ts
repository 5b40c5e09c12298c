// Unix accounts of this machine by number and by name.
import { readFile } from 'node:fs/promises'

async function accounts(): Promise<readonly { readonly name: string; readonly uid: number }[]> {
  const text = await readFile('/etc/passwd', 'utf8')
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = ''] = line.split(':')
    return /^\d+$/.test(uid) ? [{ name, uid: Number(uid) }] : []
  })
}

export async function nameOfAccount(uid: number): Promise<string | undefined> {
  return (await accounts()).find((one) => one.uid === uid)?.name
}

/** By name or number; a number need not be in the database of users. */
export async function accountOf(who: string): Promise<number | undefined> {
  if (/^\d{1,10}$/.test(who)) return Number(who)
  return (await accounts()).find(({ name }) => name === who)?.uid
}
