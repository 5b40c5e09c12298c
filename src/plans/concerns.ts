// Whether a plan over several configuration files holds one concern (S54). Files that take effect through one unit belong together; files that no unit reads
// again belong together where they lie in one directory.
import { plannedFiles } from './actions.ts'
import type { Plan } from './plan.ts'
import { declaredFile, type Service } from './policy.ts'

/** Paths by part; empty where there are fewer than two. A change of code has a rule of its own (code/import-graph.ts). */
export function unrelatedFiles(
  { pattern, actions }: Pick<Plan, 'pattern' | 'actions'>,
  service: Service,
): readonly (readonly string[])[] {
  if (pattern !== 'config') return []
  const parts = new Map<string, string[]>()
  for (const { action } of actions)
    for (const { path } of plannedFiles(action)) {
      const key = partOf(path, service)
      parts.set(key, [...(parts.get(key) ?? []), path])
    }
  return parts.size < 2 ? [] : [...parts.values()]
}

function partOf(path: string, service: Service): string {
  const file = declaredFile(service, path)
  const unit = file?.unit ?? service.unit
  if (file === undefined || file.activation === 'none' || unit === undefined)
    return path.slice(0, path.lastIndexOf('/') + 1)
  return unit
}
