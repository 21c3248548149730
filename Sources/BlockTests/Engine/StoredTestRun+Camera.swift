import Campaign
public import Detector
public import Warehouse

extension StoredTestRun {
  /// The camera that the run was made with, as it was then; for runs that did not record it, the shipped
  /// one of that name.
  ///
  /// - Throws: `CampaignError` or `CameraError` where neither can be had.
  public func recordedCamera() throws -> Camera {
    cameraText.isEmpty
      ? try CameraCatalog.camera(camera) : try CameraCatalog.camera(fromText: cameraText)
  }
}
