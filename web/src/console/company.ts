// Name and logo of the company: on the pages of the consoles, the login and what is printed.
import { ref } from "vue";
import { stored } from "@/common";
import { client } from "./context";

interface Company {
  name?: string | null;
  logo?: number | null;
}

/** The last answer stands until the next one comes. */
export const company = stored<Company>("company", {});
/** Known to be answered by the server in this visit. */
export const companyKnown = ref(false);

export async function learnCompany(): Promise<void> {
  company.value = await client.call<Company>("Cinf.company", {}, undefined, { silent: true, probe: true });
  companyKnown.value = true;
}
