// What was measured of the place of the copies, as a name and a value.
import type { Both } from './words.ts'

const SEEN_JA: Readonly<Record<string, string>> = {
  filesystem: 'ファイルシステム',
  disks: 'ディスク',
  with: '同じディスクにある元のデータ',
  server: 'サーバー',
  address: 'アドレス',
  forget: '試しの写しの削除',
  unlink: 'サービスの権限での試しの削除',
  attributes: '拡張属性と ACL',
  passwords: '写しの中のパスワード',
}
const SEEN_VALUE_JA: Readonly<Record<string, string>> = {
  done: 'できた',
  refused: '断られた',
  allowed: 'できてしまった',
  'not tried': '試せない',
  'not recorded': '写していない',
  'this machine': 'このマシン',
  unknown: '不明',
}
const SEEN_EN: Readonly<Record<string, string>> = {
  filesystem: 'file system',
  disks: 'disks',
  with: 'on the disk of',
  server: 'server',
  address: 'address',
  forget: 'forgetting a canary',
  unlink: "erasing a canary as the service's user",
  attributes: 'attributes and ACLs',
  passwords: 'passwords inside',
}

export const TARGET_FACTS: Both<(code: string, value: string) => string> = {
  ja: (code, value) => `${SEEN_JA[code] ?? code}: ${SEEN_VALUE_JA[value] ?? value}`,
  en: (code, value) => `${SEEN_EN[code] ?? code}: ${value}`,
}
