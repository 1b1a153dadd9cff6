/// Off-heap host buffers, and scopes that own them. The lowest floor: imports nothing of plumbline.
package io.plumbline.memory;
