// Reads an RT Structure Set and a Segmentation as the OHIF viewer does: with dcmjs, with dicom-parser, and with the
// adapters of Cornerstone.
//
//     node read.cjs CT_FOLDER RTSTRUCT SEG        (bundled by `cargo xtask test`)
//
// Prints one JSON object. `rois`: name, colour and the contours as lists of x, y, z. `segments`: label and the voxels as
// numbers of the grid `[k, j, i]`, slices from the feet up. `overlaps`: whether segments share voxels.

import fs from 'node:fs';
import path from 'node:path';

import { adaptersSEG } from '@cornerstonejs/adapters';
import { metaData } from '@cornerstonejs/core';
import dcmjs from 'dcmjs';
import dicomParser from 'dicom-parser';

const { DicomMessage, DicomMetaDictionary } = dcmjs.data;

function bytesOf(file) {
  const buffer = fs.readFileSync(file);
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
}

// dcmjs, after the viewer's other parser found nothing to warn of.
function dataset(file) {
  const { warnings } = dicomParser.parseDicom(new Uint8Array(bytesOf(file)));
  if (warnings.length > 0) throw new Error(warnings.join('; '));
  const read = DicomMessage.readFile(bytesOf(file));
  const natural = DicomMetaDictionary.naturalizeDataset(read.dict);
  natural._meta = DicomMetaDictionary.namifyDataset(read.meta);
  return natural;
}

function rois(file) {
  const set = dataset(file);
  return set.ROIContourSequence.map((contours) => {
    const roi = set.StructureSetROISequence.find((roi) => roi.ROINumber === contours.ReferencedROINumber);
    const observation = set.RTROIObservationsSequence.find((o) => o.ReferencedROINumber === roi.ROINumber);
    const sequence = Array.isArray(contours.ContourSequence) ? contours.ContourSequence : [contours.ContourSequence];
    return {
      name: roi.ROIName,
      type: observation.RTROIInterpretedType,
      colour: [...contours.ROIDisplayColor],
      contours: sequence.map((contour) => {
        if (contour.ContourGeometricType !== 'CLOSED_PLANAR') throw new Error(contour.ContourGeometricType);
        return contour.ContourData.slice(0, 3 * contour.NumberOfContourPoints);
      }),
    };
  });
}

// What the viewer's own providers tell about the images on screen.
function provider(images) {
  return (type, imageId) => {
    const image = images.get(imageId);
    if (image === undefined) return undefined;
    const orientation = image.ImageOrientationPatient;
    switch (type) {
      case 'instance':
        return image;
      case 'generalImageModule':
        return { sopInstanceUID: image.SOPInstanceUID };
      case 'generalSeriesModule':
        return { seriesInstanceUID: image.SeriesInstanceUID, modality: image.Modality };
      case 'imagePixelModule':
        return { bitsAllocated: image.BitsAllocated, pixelRepresentation: image.PixelRepresentation };
      case 'imagePlaneModule':
        return {
          frameOfReferenceUID: image.FrameOfReferenceUID,
          rows: image.Rows,
          columns: image.Columns,
          imageOrientationPatient: orientation,
          imagePositionPatient: image.ImagePositionPatient,
          rowCosines: orientation.slice(0, 3),
          columnCosines: orientation.slice(3),
          rowPixelSpacing: image.PixelSpacing[0],
          columnPixelSpacing: image.PixelSpacing[1],
        };
      default:
        return undefined;
    }
  };
}

async function segments(folder, file) {
  const files = fs.readdirSync(folder).map((name) => dataset(path.join(folder, name)));
  files.sort((a, b) => a.ImagePositionPatient[2] - b.ImagePositionPatient[2]);
  const images = new Map(files.map((image, k) => [`dicomfile:${k}`, image]));
  const get = provider(images);
  metaData.addProvider(get);
  const ids = [...images.keys()];
  const read = await adaptersSEG.Cornerstone3D.Segmentation.createFromDICOMSegBuffer(ids, bytesOf(file), {
    metadataProvider: metaData,
  });
  const found = read.segMetadata.data.filter((segment) => segment);
  return {
    overlaps: read.overlappingSegments,
    segments: found.map((segment) => {
      const number = Number(segment.SegmentNumber);
      const voxels = [];
      // Segments that share voxels lie in maps of their own.
      for (const map of read.labelMapImages) {
        for (const image of map) {
          const k = ids.indexOf(image.referencedImageId);
          const data = image.voxelManager.getScalarData();
          data.forEach((label, n) => label === number && voxels.push(k * data.length + n));
        }
      }
      return { label: segment.SegmentLabel, colour: segment.RecommendedDisplayCIELabValue, voxels };
    }),
  };
}

async function main() {
  const [ct, structureSet, segmentation] = process.argv.slice(2);
  const answer = { rois: rois(structureSet), ...(await segments(ct, segmentation)) };
  fs.writeFileSync(1, `${JSON.stringify(answer)}\n`);
}

main();
