import { Studio } from "./_studio/studio";

export default function Page() {
  return <Studio />;
}
