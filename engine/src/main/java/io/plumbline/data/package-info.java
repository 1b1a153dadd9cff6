/// Data sets and where they come from: .npy and .npz files, IDX, CIFAR-10 binary, synthetic laws, and the counter-based random numbers that every
/// backend draws alike. Off-heap, mapped where the file allows. Imports only `memory`.
package io.plumbline.data;
