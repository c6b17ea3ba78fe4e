// compare_cpp CT_FOLDER RTSTRUCT ROI OUT: expands the ROI by 5 mm, compares, and writes it as an RT Structure Set.
#include <iostream>
#include <tmli.hpp>

int main(int count, char** words) try {
  if (count != 5) throw std::invalid_argument("compare_cpp CT_FOLDER RTSTRUCT ROI OUT");
  const auto series = tmli::CtSeries::read(words[1]);
  const auto geometry = series.volume().geometry();
  const auto set = tmli::StructureSet::read(words[2], &series);
  const auto [reference, findings] = set.contours(set.find(words[3])).rasterise(geometry);
  for (const auto& finding : findings) std::cerr << finding << '\n';

  const auto expanded = reference.expand(tmli::uniform_margin(5.0));
  const auto metrics = tmli::compare(reference, expanded);
  std::cout << words[3] << " and 5 mm around it: DSC " << metrics.dsc << ", HD95 " << metrics.hd95_mm << " mm\n";

  tmli::Segmentation segmentation(geometry);
  segmentation.add(words[3], reference);
  segmentation.add("PTV", tmli::trace(expanded, true).rasterise(geometry).mask);
  const auto left_out = tmli::StructureSet::write(words[4], series, segmentation);
  std::cout << "wrote " << segmentation.size() - left_out.size() << " structures\n";
  return 0;
} catch (const tmli::Error& error) {
  std::cerr << "error " << error.number() << ": " << error.what() << '\n' << error.hint() << '\n';
  return 1;
}
