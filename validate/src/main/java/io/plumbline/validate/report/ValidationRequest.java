package io.plumbline.validate.report;

import io.plumbline.validate.claim.Claims;
import io.plumbline.validate.claim.Experiment.Scale;
import io.plumbline.validate.figure.Figures;
import io.plumbline.validate.figure.Setting;
import io.plumbline.validate.task.Resources;
import java.util.List;
import java.util.stream.Stream;

/// What to try and to draw.
///
/// @param ids       of claims and figures; empty for all
/// @param seed      of all random numbers
/// @param images    a folder with Fashion-MNIST's IDX files; null for the 1,000 images that come with plumbline
/// @param colour    a folder with CIFAR-10's binary files; null for `images`, padded
/// @param folder    where the report goes
public record ValidationRequest(List<String> ids, Scale scale, long seed, Resources resources, String images, String colour, String folder) {
    /// @throws IllegalArgumentException if there is no claim and no figure of a name
    public ValidationRequest {
        ids = List.copyOf(ids);
        var known = known();
        for (String id : ids) {
            if (!known.contains(id)) {
                throw new IllegalArgumentException("claim or figure: found " + id + ", expected some of " + String.join(", ", known));
            }
        }
    }

    private static List<String> known() {
        return Stream.concat(Claims.all().stream().map(claim -> claim.id()), Figures.ids().stream()).toList();
    }

    List<String> claims() {
        return Claims.all().stream().map(claim -> claim.id()).filter(this::wants).toList();
    }

    List<String> figures() {
        return Figures.ids().stream().filter(this::wants).toList();
    }

    private boolean wants(String id) {
        return ids.isEmpty() || ids.contains(id);
    }

    Setting setting() {
        return new Setting(
                scale, seed, resources, images == null ? Setting.SAMPLE : "fashion-mnist:" + images, colour == null ? null : "cifar-10:" + colour);
    }
}
