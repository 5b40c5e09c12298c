// The number of an incident at the doors: shapes of changes and of incidents both name it.
import { z } from 'zod'

export const incidentId = z.string().regex(/^INC-\d{4}-\d{4,}$/, 'incident_id')
