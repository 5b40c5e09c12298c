// Texts that the kernel writes: /proc, and the control groups below /sys/fs/cgroup.
import { readFileSync } from 'node:fs'

/** Empty where it is not there any more: a process or a group ends while somebody reads. */
export function kernelText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
