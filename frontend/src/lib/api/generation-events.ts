/**
 * The live events of a generation, told apart by their SSE event name.
 *
 * On the wire the name, the id and the data are three lines; the generated types
 * describe the data. This is the one place that joins names and data.
 */

import type {
  CancelledData,
  CompletedGeneration,
  Generation,
  ImageData,
  PreviewData,
  Problem,
  ProgressData,
  QueuedData,
  StartedData,
} from "./generated";

export type EventData = {
  snapshot: Generation;
  queued: QueuedData;
  started: StartedData;
  progress: ProgressData;
  preview: PreviewData;
  image: ImageData;
  completed: CompletedGeneration;
  failed: Problem;
  cancelled: CancelledData;
};

export type EventName = keyof EventData;

export type GenerationEvent = {
  [Name in EventName]: { event: Name; data: EventData[Name] };
}[EventName];

const NAMES: Record<EventName, true> = {
  snapshot: true,
  queued: true,
  started: true,
  progress: true,
  preview: true,
  image: true,
  completed: true,
  failed: true,
  cancelled: true,
};

export function isEventName(name: string | undefined): name is EventName {
  return name !== undefined && Object.hasOwn(NAMES, name);
}
