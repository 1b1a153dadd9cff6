package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plumbline.backend.DeviceException;
import io.plumbline.backend.cuda.CudaBackend;
import java.util.List;

/// What there is to compute with; its JSON is `plumbline.devices/1`.
///
/// @param auto what `--device auto` takes
public record DeviceReport(String schema, String auto, List<Entry> list) {
    /// One device.
    ///
    /// @param description which library, how many threads; null if it is not there
    /// @param reason      why it is not there; null if it is
    public record Entry(
            String name,
            boolean available,
            @JsonInclude(JsonInclude.Include.NON_NULL) String description,
            @JsonInclude(JsonInclude.Include.NON_NULL) String reason) {}

    /// Tries every device.
    public static DeviceReport probe() {
        var list = List.of(entry(Device.REFERENCE), entry(Device.CPU), entry(Device.CUDA));
        String auto = list.stream().filter(entry -> entry.name.equals(Device.CUDA.toString()) && entry.available).map(Entry::name).findFirst()
                .orElse(Device.CPU.toString());
        return new DeviceReport("plumbline.devices/1", auto, list);
    }

    private static Entry entry(Device device) {
        try (var backend = Resources.on(device).open()) {
            String more = backend instanceof CudaBackend cuda ? ", " + cuda.vendorDescription() : "";
            return new Entry(device.toString(), true, backend.description() + more, null);
        } catch (DeviceException missing) {
            return new Entry(device.toString(), false, null, missing.getMessage().replaceFirst("^device " + device + ": ", ""));
        }
    }
}
