// What employees add to the generic form: permissions as ticks, and a password without which nobody could log in.
import { registerInput, registerNeeded } from "@/console/registry";
import PermsInput from "./PermsInput.vue";

export function registerEmployees(): void {
  registerInput("Employee", "perms", PermsInput);
  registerNeeded("Employee", "pwd");
}
