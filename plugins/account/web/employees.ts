// What employees add to the generic form: permissions as ticks, and a password without which nobody could log in.
import { defineAsyncComponent } from "vue";
import { registerInput, registerNeeded } from "@/console/registry";

export function registerEmployees(): void {
  registerInput(
    "Employee",
    "perms",
    defineAsyncComponent(() => import("./PermsInput.vue")),
  );
  registerNeeded("Employee", "pwd");
}
