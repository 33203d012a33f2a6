import { expect, test } from "vitest";
import { samplerName } from "@/lib/recipe/sampler-name";

test("a known sampler has the name that people know, any other its own", () => {
  expect(samplerName("dpmpp_2m_karras")).toBe("DPM++ 2M Karras");
  expect(samplerName("res_multistep")).toBe("res_multistep");
  expect(samplerName("constructor")).toBe("constructor");
});
