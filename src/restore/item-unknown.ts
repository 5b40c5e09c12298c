// What was asked for is none of the service's data: said with what is.
import { SekishoError } from '../base/error.ts'
import type { Service } from '../plans/policy.ts'

export function itemUnknown({ name, data = [], databases = [] }: Service, what: string): SekishoError {
  const among = [...data.map(({ dir }) => dir), ...databases.map((one) => one.name)].join(', ')
  return new SekishoError('restore.item_unknown', { service: name, what, among })
}
