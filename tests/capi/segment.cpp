// segment CT_FOLDER MODEL_FOLDER OUT: segments a CT in the worker process and writes an RT Structure Set.
#include <iostream>
#include <tmli.hpp>

int main(int count, char** words) try {
  if (count != 4) throw std::invalid_argument("segment CT_FOLDER MODEL_FOLDER OUT");
  const auto series = tmli::CtSeries::read(words[1]);
  const tmli::Engine engine;  // a graphical program keeps one, and polls from a timer
  const auto job = engine.segment(series.volume(), {words[2]});
  for (auto status = job.poll(); !status.is_over; status = job.wait(0.5)) {
    std::cerr << int(100 * status.fraction) << " % " << status.stage << '\n';
  }
  const auto result = job.take();
  const auto segmentation = result.segmentation();
  for (std::size_t n = 0; n < segmentation.size(); ++n) {
    const auto source = result.source(n);
    std::cout << segmentation.name(n) << ": " << segmentation.mask(n).count() << " voxels, from " << source.model
              << ", in validation DSC " << source.validation_dsc << ", HD95 " << source.validation_hd95_mm << " mm\n";
  }
  for (const auto& note : result.notes()) std::cout << note << '\n';
  for (const auto& name : tmli::StructureSet::write(words[3], series, segmentation)) {
    std::cout << name << " has no voxel and is not in the file\n";
  }
  return 0;
} catch (const tmli::Error& error) {
  std::cerr << "error " << error.number() << ": " << error.what() << '\n' << error.hint() << '\n';
  return 1;
}
