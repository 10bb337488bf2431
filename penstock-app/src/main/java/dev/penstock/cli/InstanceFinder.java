package dev.penstock.cli;

import dev.penstock.deploy.InstanceId;
import dev.penstock.deploy.Target;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Finds the instances that a person means.
///
/// The folders of other users let us pass but not look around, so an instance that Apache runs as www-data
/// cannot be listed; but whoever names its script can work out how its directory is called.
final class InstanceFinder {
    private final List<Path> folders;
    private final Path directory;

    /// @param folders where directories of instances are, see [RunFolders]
    /// @param directory the working directory
    InstanceFinder(List<Path> folders, Path directory) {
        this.folders = folders;
        this.directory = directory;
    }

    /// Those that there are: all that can be listed, and those of scripts and INI files in the working directory.
    List<FoundInstance> all() {
        Map<Path, FoundInstance> found = new LinkedHashMap<>();
        listed().forEach(instance -> found.put(instance.directory(), instance));
        targetsIn(directory).forEach(file -> addById(found, InstanceId.ofFile(file)));
        return List.copyOf(found.values());
    }

    /// Those that `argument` means: an INI file, a dispatch script, a folder that holds one, `module:callable`,
    /// the directory of an instance, or an instance's name or id.
    List<FoundInstance> meantBy(String argument) {
        Path path = directory.resolve(argument).normalize();
        Map<Path, FoundInstance> found = new LinkedHashMap<>();
        if (Files.isDirectory(path)) {
            FoundInstance itself = FoundInstance.at(path);
            if (itself != null) {
                return List.of(itself);
            }
            addListed(found, instance -> isIn(path, instance.target()));
            targetsIn(path).forEach(file -> addById(found, InstanceId.ofFile(file)));
        } else if (Files.exists(path)) {
            addById(found, InstanceId.ofFile(path));
        } else {
            addListed(
                    found,
                    instance ->
                            instance.id().equals(argument) || instance.name().equals(argument));
            if (TargetReader.CALLABLE.matcher(argument).matches()) {
                addById(found, InstanceId.of(new Target.Callable(argument, directory)));
            }
        }
        return List.copyOf(found.values());
    }

    private List<FoundInstance> listed() {
        List<FoundInstance> found = new ArrayList<>();
        for (Path folder : folders) {
            try (DirectoryStream<Path> directories = Files.newDirectoryStream(folder)) {
                for (Path one : directories) {
                    add(found, FoundInstance.at(one));
                }
            } catch (IOException e) {
                // Another user's folder; what is in it has to be named.
            }
        }
        return found;
    }

    private static void add(List<FoundInstance> found, @Nullable FoundInstance instance) {
        if (instance != null) {
            found.add(instance);
        }
    }

    private void addListed(Map<Path, FoundInstance> found, Predicate<FoundInstance> isMeant) {
        listed().stream().filter(isMeant).forEach(instance -> found.put(instance.directory(), instance));
    }

    private void addById(Map<Path, FoundInstance> found, InstanceId id) {
        folders.stream()
                .map(folder -> FoundInstance.at(folder.resolve(id.id())))
                .filter(Objects::nonNull)
                .forEach(instance -> found.put(instance.directory(), instance));
    }

    private static boolean isIn(Path folder, String target) {
        try {
            return !target.isEmpty()
                    && folder.toRealPath().equals(Path.of(target).getParent());
        } catch (IOException e) {
            return false;
        }
    }

    /// The scripts and INI files of a folder.
    private static List<Path> targetsIn(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(InstanceFinder::isTarget).sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static boolean isTarget(Path file) {
        String name = file.toString();
        return name.endsWith(".fcgi") || name.endsWith(".ini");
    }
}
