/// A house built wrong: [io.plumbline.ArchitectureTest] must find every fault in here, else its rules prove nothing.
package io.plumbline.crooked;
